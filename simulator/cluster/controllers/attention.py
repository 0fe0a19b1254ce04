"""Time in which this process could have heard of something: a clock that stands still when the process does.

Whoever judges others by their silence must not count the time in which it was deaf itself. Nodes report on the event
loop on which they are judged, so a machine that stood still for ten seconds would find them all silent for ten seconds.
"""

import asyncio

PERIOD_S = 0.25
_MOST_S = 2 * PERIOD_S
"""That a moment between two looks at the clock may count: more than that, and we were not there."""


class Attention:
    """A monotonic clock in seconds; it lags behind for ever by what it has missed."""

    def __init__(self) -> None:
        self._seen_at: float | None = None
        self._now = 0.0

    def now(self) -> float:
        """Seconds of attention so far."""
        at = asyncio.get_running_loop().time()
        if self._seen_at is not None:
            self._now += min(_MOST_S, at - self._seen_at)
        self._seen_at = at
        return self._now

    async def run(self) -> None:
        """Look at the clock until cancelled."""
        while True:
            self.now()
            await asyncio.sleep(PERIOD_S)
