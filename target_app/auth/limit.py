"""How often a source may try to sign in."""

from collections.abc import Callable

_MOST_SOURCES = 10_000


class SourceLimit:
    """A token bucket for each source: `per_minute` tries, a minute's worth of them at most a tenth at once.

    `per_minute=0` is without limit. `clock` counts seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_s = per_minute / 60
        self._burst = max(1.0, per_minute / 10)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, source: str) -> float:
        """0 if the source may try now (which is then counted), else the seconds until it may."""
        if self._per_s == 0:
            return 0.0
        now = self._clock()
        tokens, at = self._buckets.pop(source, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._per_s)
        may_try = tokens >= 1
        self._buckets[source] = (tokens - 1 if may_try else tokens, now)
        if len(self._buckets) > _MOST_SOURCES:
            del self._buckets[next(iter(self._buckets))]  # the one that has been quiet for longest
        return 0.0 if may_try else (1 - tokens) / self._per_s
