"""NetworkPolicy (pkg/apis/networking). Pure."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, of, selector_text
from simulator.cluster.resources import NETWORK_POLICIES
from simulator.cluster.store import Object

_SIDES = (("ingress", "from"), ("egress", "to"))
_TYPES = ("Egress", "Ingress")
_CIDR_WORDS = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for side, _ in _SIDES:
        for rule in spec.get(side) or ():
            for port in rule.get("ports") or ():
                port.setdefault("protocol", "TCP")


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from naming.label_selector(spec["podSelector"], "spec.podSelector")
    for side, far in _SIDES:
        for index, rule in enumerate(spec.get(side) or ()):
            for number, port in enumerate(rule.get("ports") or ()):
                yield from _port(port, f"spec.{side}[{index}].ports[{number}]")
            for number, peer in enumerate(rule.get(far) or ()):
                yield from _peer(peer, f"spec.{side}[{index}].{far}[{number}]")
    types = spec["policyTypes"]
    if len(types) > len(_TYPES):
        shown = "[" + ",".join(f'"{each}"' for each in types) + "]"
        yield Cause("spec.policyTypes", f"Invalid value: {shown}: may not specify more than two policyTypes")
        return
    for index, each in enumerate(types):
        if each not in _TYPES:
            yield naming.unsupported(f"spec.policyTypes[{index}]", each, *_TYPES)


def _port(port: Object, path: str) -> Iterator[Cause]:
    if port["protocol"] not in ("TCP", "UDP", "SCTP"):
        yield naming.unsupported(f"{path}.protocol", port["protocol"], "SCTP", "TCP", "UDP")
    first, last = port.get("port"), port.get("endPort")
    if isinstance(first, int):
        yield from _number(first, f"{path}.port")
        if last is not None:
            if last < first:
                yield Cause(f"{path}.endPort", f"Invalid value: {last}: must be greater than or equal to `port`")
            yield from _number(last, f"{path}.endPort")
        return
    if last is not None:
        what = "not specified" if first is None else "non-numeric"
        yield Cause(f"{path}.endPort", f"Invalid value: {last}: may not be specified when `port` is {what}")
    if first is not None:
        yield from _name(first, f"{path}.port")


def _number(port: int, path: str) -> Iterator[Cause]:
    if not 1 <= port <= 65535:
        yield Cause(path, f"Invalid value: {port}: must be between 1 and 65535, inclusive")


def _name(name: str, path: str) -> Iterator[Cause]:
    wrong = (
        (len(name) > 15, "must be no more than 15 bytes"),
        (
            not re.fullmatch(r"[-a-z0-9]+", name),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (not re.search(r"[a-z]", name), "must contain at least one letter (a-z)"),
        ("--" in name, "must not contain consecutive hyphens"),
        (name.startswith("-") or name.endswith("-"), "must not begin or end with a hyphen"),
    )
    for is_wrong, words in wrong:
        if is_wrong:
            yield Cause(path, f'Invalid value: "{name}": {words}')


def _peer(peer: Object, path: str) -> Iterator[Cause]:
    for key in ("podSelector", "namespaceSelector"):
        yield from naming.label_selector(peer.get(key), f"{path}.{key}")
    block = peer.get("ipBlock")
    if block is not None:
        yield from _block(block, f"{path}.ipBlock")
    given = [key for key in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(key) is not None]
    if not given:
        yield Cause(path, "Required value: must specify a peer", "FieldValueRequired")
    elif len(given) > 1 and block is not None:
        yield Cause(path, "Forbidden: may not specify both ipBlock and another peer", "FieldValueForbidden")


def _block(block: Object, path: str) -> Iterator[Cause]:
    whole = _network(block["cidr"])
    if whole is None:
        yield Cause(f"{path}.cidr", f'Invalid value: "{block["cidr"]}": {_CIDR_WORDS}')
        return
    for index, text in enumerate(block.get("except") or ()):
        part = _network(text)
        if part is None:
            yield Cause(f"{path}.except[{index}]", f'Invalid value: "{text}": {_CIDR_WORDS}')
        elif part.network_address not in whole or part.prefixlen <= whole.prefixlen:
            yield Cause(f"{path}.except[{index}]", f'Invalid value: "{text}": must be a strict subset of `cidr`')


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


KIND = Kind(
    NETWORK_POLICIES,
    columns=(
        NAME,
        Column("Pod-Selector", of(lambda obj: selector_text(obj["spec"].get("podSelector") or {}))),
        AGE,
    ),
    fill=_fill,
    causes=_causes,
)
