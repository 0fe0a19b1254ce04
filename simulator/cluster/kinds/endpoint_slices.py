"""EndpointSlice. Pure."""

from collections.abc import Sequence

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, NONE, Column, at, of, shorten
from simulator.cluster.resources import ENDPOINT_SLICES
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    for port in obj.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("name", "")


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
)
