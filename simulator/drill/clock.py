"""The drill clock: wall time times a factor.

At 60× a wall second counts as a drill minute. The two kinds of seconds are different types, so that one is
not taken for the other unseen.
"""

from dataclasses import dataclass
from typing import NewType

from simulator.errors import BadInput

WallSeconds = NewType("WallSeconds", float)
DrillSeconds = NewType("DrillSeconds", float)


@dataclass(frozen=True)
class DrillClock:
    """`factor` drill seconds pass in one wall second. Raises `BadInput` unless it is above 0 and finite."""

    factor: float

    def __post_init__(self) -> None:
        if not 0 < self.factor < 10_000:
            raise BadInput(f"--clock: {self.factor:g} is no drill clock; give a factor above 0 and below 10000, say 60")

    def wall(self, seconds: float) -> WallSeconds:
        """Wall seconds that `seconds` of drill time last."""
        return WallSeconds(seconds / self.factor)

    def drill(self, seconds: float) -> DrillSeconds:
        """Drill seconds that pass in `seconds` of wall time."""
        return DrillSeconds(seconds * self.factor)
