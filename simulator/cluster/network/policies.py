"""What NetworkPolicies allow (networking.k8s.io/v1). Pure.

Rules only add: a pod that no policy selects for a direction may do everything in it; one that is selected may do what
any rule of any of those policies allows, and nothing else. A connection needs both: egress of the client, and ingress
of the server. Documentation: "Network Policies" § "The two sorts of pod isolation".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from simulator.cluster.objects import selectors
from simulator.cluster.store import Object


@dataclass(frozen=True)
class Peer:
    """One end of a connection. Outside the cluster there is nothing but an address: `namespace` is ""."""

    address: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Numbers of its containers' ports, by protocol and name."""


@dataclass(frozen=True)
class Rule:
    """Connections that are allowed; None allows every peer, or every port."""

    peers: tuple[Callable[[Peer], bool], ...] | None
    ports: tuple[Callable[[Peer, str, int], bool], ...] | None

    def allows(self, other: Peer, server: Peer, protocol: str, port: int) -> bool:
        """`other` is the far end, `server` the end that listens on `port`."""
        return (self.peers is None or any(test(other) for test in self.peers)) and (
            self.ports is None or any(test(server, protocol, port) for test in self.ports)
        )


@dataclass(frozen=True)
class Policy:
    """A NetworkPolicy, read. Rules of a direction are None where it says nothing of that direction."""

    namespace: str
    selects: Callable[[Mapping[str, str]], bool]
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None


def read(obj: Object) -> Policy:
    """A NetworkPolicy that was admitted."""
    namespace, spec = obj["metadata"]["namespace"], obj["spec"]
    types = spec["policyTypes"]
    return Policy(
        namespace,
        selectors.label_selector(spec.get("podSelector") or {}),
        _rules(spec.get("ingress"), "from", namespace) if "Ingress" in types else None,
        _rules(spec.get("egress"), "to", namespace) if "Egress" in types else None,
    )


def allows(policies: Iterable[Policy], client: Peer, server: Peer, protocol: str, port: int) -> bool:
    """Whether `client` may connect to `port` of `server`; both may be pods, or outside. A pod reaches itself."""
    if client.address == server.address:
        return True
    known = tuple(policies)
    leaves = _permitted((p.egress for p in _selecting(known, client)), server, server, protocol, port)
    return leaves and _permitted((p.ingress for p in _selecting(known, server)), client, server, protocol, port)


def _selecting(policies: Iterable[Policy], peer: Peer) -> Iterable[Policy]:
    return (p for p in policies if p.namespace == peer.namespace and p.selects(peer.labels))


def _permitted(rules: Iterable[tuple[Rule, ...] | None], other: Peer, server: Peer, protocol: str, port: int) -> bool:
    isolating = [each for each in rules if each is not None]
    return not isolating or any(rule.allows(other, server, protocol, port) for each in isolating for rule in each)


def _rules(entries: Iterable[Mapping[str, Any]] | None, side: str, namespace: str) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            tuple(_peer(peer, namespace) for peer in entry[side]) if entry.get(side) else None,
            tuple(_port(port) for port in entry["ports"]) if entry.get("ports") else None,
        )
        for entry in entries or ()
    )


def _peer(peer: Mapping[str, Any], namespace: str) -> Callable[[Peer], bool]:
    if peer.get("ipBlock"):
        block = ip_network(peer["ipBlock"]["cidr"], strict=False)
        exceptions = [ip_network(each, strict=False) for each in peer["ipBlock"].get("except") or ()]

        def is_within(other: Peer) -> bool:
            address = ip_address(other.address)
            return address in block and not any(address in each for each in exceptions)

        return is_within
    is_named = selectors.label_selector(peer.get("podSelector") or {})
    if peer.get("namespaceSelector") is None:
        return lambda other: other.namespace == namespace and is_named(other.labels)
    is_in = selectors.label_selector(peer["namespaceSelector"])
    return lambda other: bool(other.namespace) and is_in(other.namespace_labels) and is_named(other.labels)


def _port(entry: Mapping[str, Any]) -> Callable[[Peer, str, int], bool]:
    protocol, first = entry.get("protocol", "TCP"), entry.get("port")
    if first is None:
        return lambda _, asked, __: asked == protocol
    if isinstance(first, str):
        return lambda server, asked, port: asked == protocol and server.ports.get((protocol, first)) == port
    last = entry.get("endPort", first)
    return lambda _, asked, port: asked == protocol and first <= port <= last
