"""Endpoints. Pure."""

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, of, shorten
from simulator.cluster.resources import ENDPOINTS
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _ready(obj: Object) -> str:
    return shorten(
        [
            f"{address['ip']}:{port['port']}"
            for subset in obj.get("subsets") or ()
            for port in subset.get("ports") or ()
            for address in subset.get("addresses") or ()
        ]
    )


KIND = Kind(ENDPOINTS, columns=(NAME, Column("Endpoints", of(_ready)), AGE), fill=_fill)
