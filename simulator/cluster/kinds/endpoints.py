"""Endpoints. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import container_fields
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, of, shorten
from simulator.cluster.resources import ENDPOINTS
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _causes(obj: Object) -> Iterator[Cause]:
    for index, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            words = "Required value: must specify `addresses` or `notReadyAddresses`"
            yield Cause(path, words, "FieldValueRequired")
        for part in ("addresses", "notReadyAddresses"):
            for at, address in enumerate(subset.get(part) or ()):
                yield from naming.ip(address["ip"], f"{path}.{part}[{at}].ip")
        for at, port in enumerate(subset.get("ports") or ()):
            if not port.get("name") and len(subset["ports"]) > 1:
                yield Cause(f"{path}.ports[{at}].name", "Required value", "FieldValueRequired")
            yield from container_fields.port_number(port.get("port", 0), f"{path}.ports[{at}].port")


def _ready(obj: Object) -> str:
    return shorten(
        [
            f"{address['ip']}:{port['port']}"
            for subset in obj.get("subsets") or ()
            for port in subset.get("ports") or ()
            for address in subset.get("addresses") or ()
        ]
    )


KIND = Kind(ENDPOINTS, columns=(NAME, Column("Endpoints", of(_ready)), AGE), fill=_fill, causes=_causes)
