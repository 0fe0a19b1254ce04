"""A rate for each client: a token bucket, and as many buckets as there are clients that were seen of late."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST_CLIENTS = 10_000


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """`rate_per_s` requests a second for each client, `burst` at once. `clock` counts seconds.

    The client that has been away longest is forgotten when there are too many: it comes back with a full bucket, which
    it would have by then.
    """

    def __init__(self, *, rate_per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate_per_s = rate_per_s
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """0 if the client may be served now, which is counted; else the seconds until it may. No rate is no limit."""
        if not self._rate_per_s:
            return 0.0
        now = self._clock()
        bucket = self._buckets.pop(client, None) or _Bucket(self._burst, now)
        self._buckets[client] = bucket
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate_per_s)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate_per_s
        bucket.tokens -= 1
        return 0.0
