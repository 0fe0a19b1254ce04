"""Lease. Pure."""

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, at
from simulator.cluster.resources import LEASES
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    obj.setdefault("spec", {})


KIND = Kind(LEASES, columns=(NAME, Column("Holder", at("spec", "holderIdentity", absent="")), AGE), fill=_fill)
