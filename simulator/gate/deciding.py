"""Whether what was seen so far is enough for a verdict. Pure, and the same for a requirement and for a whole attempt.

A clear pass is enough by itself. Red is only told of what was seen twice. What is within its noise, or contradicts an
earlier attempt, is decided by the majority of the attempts that could be judged, once the attempts that are left cannot
turn it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.gate.reading import Reading, Standing

Decision = Literal["passed", "failed", "undecided", "inconclusive"]
"""`undecided` is worth another attempt; `inconclusive` has had them all."""


@dataclass(frozen=True)
class Look:
    """What one attempt says, and whether beyond noise."""

    standing: Standing
    is_clear: bool = True


def decide(looks: Sequence[Look], most: int) -> Decision:
    """The verdict after these looks, of `most` at the most. Those that are not judged count for neither side."""
    met = [look for look in looks if look.standing == "met"]
    missed = [look for look in looks if look.standing == "missed"]
    left = max(0, most - len(looks))
    if not missed and any(look.is_clear for look in met):
        return "passed"
    if not met and sum(look.is_clear for look in missed) >= 2:
        return "failed"
    if len(missed) >= 2 and len(missed) > len(met) + left:
        return "failed"
    if len(met) >= 2 and len(met) > len(missed) + left:
        return "passed"
    return "undecided" if left else "inconclusive"


def clear(readings: Sequence[Reading], *, is_count: bool) -> tuple[Look, ...]:
    """The readings of one rule in all attempts, each clear if it is further from its limit than the noise.

    The noise is the larger of the reading's own resolution and the spread of all that was seen, largest less smallest.
    A count is as far from its limit as from the next one beyond, half way.
    """
    seen = [reading.value for reading in readings if reading.value is not None]
    spread = max(seen) - min(seen) if seen else 0.0
    return tuple(Look(r.standing, _is_beyond(r, max(r.resolution, spread), is_count=is_count)) for r in readings)


def whole(looks: Sequence[Look]) -> Look:
    """One attempt with all its requirements: missed if one is, not judged if one is not, clear if that is."""
    missed = [look for look in looks if look.standing == "missed"]
    if missed:
        return Look("missed", any(look.is_clear for look in missed))
    if any(look.standing == "not_judged" for look in looks) or all(look.standing == "not_assessed" for look in looks):
        return Look("not_judged")
    return Look("met", all(look.is_clear for look in looks if look.standing == "met"))


def _is_beyond(reading: Reading, noise: float, *, is_count: bool) -> bool:
    if reading.value is None or reading.limit is None:
        return True
    limit = reading.limit + 0.5 if is_count else reading.limit
    return abs(reading.value - limit) > noise
