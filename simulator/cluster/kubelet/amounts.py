"""Resource quantities as the downward API and the memory limit need them: whole numbers. Pure."""

import math

from simulator.cluster.objects import quantities
from simulator.cluster.store import Object


def whole(text: str, divisor: str = "1") -> int:
    """The quantity in units of `divisor`, rounded up. `ValueError` for what is no quantity."""
    return math.ceil(quantities.parse(text) / (quantities.parse(divisor) or 1))


def memory_limit(container: Object) -> int | None:
    """Bytes, or None without a limit."""
    limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
    return None if limit is None else whole(limit)
