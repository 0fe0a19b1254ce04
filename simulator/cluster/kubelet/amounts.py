"""Resource quantities as the downward API and the memory limit need them: whole numbers. Pure."""

import math

from simulator.cluster.objects import quantities
from simulator.cluster.store import Object

_LEAST_CORES = 0.01


def whole(text: str, divisor: str = "1") -> int:
    """The quantity in units of `divisor`, rounded up. `ValueError` for what is no quantity."""
    return math.ceil(quantities.parse(text) / (quantities.parse(divisor) or 1))


def memory_limit(container: Object) -> int | None:
    """Bytes, or None without a limit."""
    limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
    return None if limit is None else whole(limit)


def cpu_limit(container: Object) -> float | None:
    """Cores, at least the hundredth that the kubelet makes of less; None without a limit."""
    limit = quantities.parse(((container.get("resources") or {}).get("limits") or {}).get("cpu") or "0")
    return max(_LEAST_CORES, float(limit)) if limit else None
