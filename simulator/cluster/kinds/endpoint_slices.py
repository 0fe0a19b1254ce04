"""EndpointSlice. Pure."""

from collections.abc import Iterator, Sequence

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, NONE, Column, at, of, shorten
from simulator.cluster.resources import ENDPOINT_SLICES
from simulator.cluster.store import Object

_ADDRESSES = ("FQDN", "IPv4", "IPv6")


def _fill(obj: Object) -> None:
    for port in obj.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("name", "")


def _causes(obj: Object) -> Iterator[Cause]:
    if obj["addressType"] not in _ADDRESSES:
        yield naming.unsupported("addressType", obj["addressType"], *_ADDRESSES)
    for index, endpoint in enumerate(obj.get("endpoints") or ()):
        if not endpoint.get("addresses"):
            words = "Required value: must contain at least 1 address"
            yield Cause(f"endpoints[{index}].addresses", words, "FieldValueRequired")
        for place, address in enumerate(endpoint.get("addresses") or ()):
            if obj["addressType"] == "IPv4":
                yield from naming.ip(address, f"endpoints[{index}].addresses[{place}]")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if new["addressType"] != old["addressType"]:
        yield Cause("addressType", f'Invalid value: "{new["addressType"]}": field is immutable')


def _or_unset(items: Sequence[str]) -> str:
    return shorten(items).replace(NONE, "<unset>")


KIND = Kind(
    ENDPOINT_SLICES,
    columns=(
        NAME,
        Column("AddressType", at("addressType")),
        Column("Ports", of(lambda obj: _or_unset([str(port.get("port", "*")) for port in obj.get("ports") or ()]))),
        Column(
            "Endpoints",
            of(lambda obj: _or_unset([a for each in obj.get("endpoints") or () for a in each["addresses"]])),
        ),
        AGE,
    ),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
)
