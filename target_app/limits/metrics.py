"""Requests that wait, and those that were turned away, as `/metrics` shows them."""

from prometheus_client import CollectorRegistry, Counter, Gauge

SHED_REASONS = ("queue_full", "queue_timeout")


class LimitMetrics:
    """One process's view; what may happen is shown from the start at 0, so that a first rise is seen."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queued = Gauge("http_requests_queued", "Requests that wait until another one is done.", registry=registry)
        self.max_concurrent = Gauge(
            "http_requests_max_concurrent", "Most requests that are worked on at the same time.", registry=registry
        )
        self.shed = Counter(
            "http_requests_shed_total",
            "Requests turned away with 503 because the queue was full, or the wait in it too long.",
            ["reason"],
            registry=registry,
        )
        self.rate_limited = Counter(
            "http_requests_rate_limited_total",
            "Requests turned away with 429, by what the client was known by: api_key, token or address.",
            ["client"],
            registry=registry,
        )
        for reason in SHED_REASONS:
            self.shed.labels(reason)
        for kind in ("api_key", "token", "address"):
            self.rate_limited.labels(kind)
