"""Calls to the object store, as `/metrics` shows them."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from target_app.metrics import BUCKETS_S

OPERATIONS = ("download", "upload", "create_bucket")


class StorageMetrics:
    """One process's calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "object_store_requests_total",
            "Calls to the object store by operation and HTTP status, or 'timeout' or 'unreachable'.",
            ["operation", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "object_store_request_duration_seconds",
            "Seconds of one call to the object store.",
            ["operation"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        for operation in OPERATIONS[:2]:  # shown from the start at 0, so that a first rise is seen
            self.requests.labels(operation, "403")
