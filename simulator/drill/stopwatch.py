"""The time of a drill that counts towards its limits: the stops of the drill clock left out, its jumps added."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.drill.clock import DrillClock, WallSeconds


@dataclass
class Stopwatch:
    """Runs from the start. `now` gives wall seconds that only grow. A second stop in a row changes nothing."""

    clock: DrillClock
    now: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _stopped_at: float | None = field(default=None, init=False)
    _stood_s: float = field(default=0.0, init=False)
    _ahead_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._began = self.now()

    @property
    def is_stopped(self) -> bool:
        """Whether the drill clock stands."""
        return self._stopped_at is not None

    @property
    def stood_s(self) -> WallSeconds:
        """How long it stood so far, in all."""
        this_s = 0.0 if self._stopped_at is None else self.now() - self._stopped_at
        return WallSeconds(self._stood_s + this_s)

    def stop(self) -> None:
        """The drill clock stands from now on."""
        if self._stopped_at is None:
            self._stopped_at = self.now()

    def start(self) -> None:
        """It goes on."""
        self._stood_s, self._stopped_at = self.stood_s, None

    def advance(self, drill_s: float) -> None:
        """It jumps ahead; nothing for what is no time."""
        self._ahead_s += self.clock.wall(max(0.0, drill_s))

    def read(self) -> WallSeconds:
        """Wall seconds that counted so far."""
        until = self.now() if self._stopped_at is None else self._stopped_at
        return WallSeconds(until - self._began - self._stood_s + self._ahead_s)
