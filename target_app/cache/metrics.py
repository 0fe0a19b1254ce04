"""The cache as `/metrics` shows it."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from target_app.metrics import BUCKETS_S

RESULTS = ("hit", "miss", "unavailable")
ERRORS = ("unreachable", "timeout", "out_of_memory")


class CacheMetrics:
    """One process's use of the cache."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.reads = Counter(
            "cache_reads_total",
            "Reads of the cache: a hit, a miss, or unavailable; the hit rate is hits among all of them.",
            ["result"],
            registry=registry,
        )
        self.errors = Counter(
            "cache_errors_total",
            "Commands that the cache did not take: it was unreachable, too late, or out of memory.",
            ["kind"],
            registry=registry,
        )
        self.seconds = Histogram(
            "cache_read_duration_seconds",
            "Seconds of a read of the cache, with all attempts to reach it.",
            buckets=BUCKETS_S,
            registry=registry,
        )
        for result in RESULTS:  # shown from the start at 0, so that a first rise is seen
            self.reads.labels(result)
        for kind in ERRORS:
            self.errors.labels(kind)
