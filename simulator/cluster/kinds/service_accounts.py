"""ServiceAccount. Pure."""

from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, of
from simulator.cluster.resources import SERVICE_ACCOUNTS

KIND = Kind(
    SERVICE_ACCOUNTS,
    columns=(NAME, Column("Secrets", of(lambda obj: str(len(obj.get("secrets") or ())))), AGE),
)
