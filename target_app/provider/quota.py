"""How many calls a key may make."""

import math
from collections.abc import Callable


class Quota:
    """A token bucket: `burst` requests at once, refilled at `requests_per_minute`. `clock` counts seconds."""

    def __init__(self, requests_per_minute: float, burst: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.change(requests_per_minute, burst)

    def change(self, requests_per_minute: float, burst: float) -> None:
        """New limits, with a full bucket."""
        self.requests_per_minute = requests_per_minute
        self.burst = burst
        self.tokens = burst
        self._at = self._clock()

    def take(self) -> float:
        """0 if a request may pass now, else the seconds until one may (infinite for a quota of 0)."""
        now = self._clock()
        self.tokens = min(self.burst, self.tokens + (now - self._at) * self.requests_per_minute / 60)
        self._at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) * 60 / self.requests_per_minute if self.requests_per_minute > 0 else math.inf
