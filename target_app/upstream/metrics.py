"""Calls to upstream providers, as `/metrics` shows them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from target_app.metrics import BUCKETS_S


class UpstreamMetrics:
    """One process's calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "model_api_requests_total",
            "Calls to an upstream provider by HTTP status, or 'timeout' or 'unreachable'.",
            ["provider", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "model_api_request_duration_seconds",
            "Seconds of one call to an upstream provider.",
            ["provider"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        # A counter in all but its type: the library would append `_total` to the name that dashboards know.
        self.rate_limit_errors = Gauge(
            "model_api_rate_limit_errors",
            "Calls that an upstream provider answered with 429; only ever rises.",
            ["provider"],
            registry=registry,
        )
        self.in_flight = Gauge("model_api_calls_in_flight", "Calls to upstream providers under way.", registry=registry)
        self.circuit_breaker_state = Gauge(
            "circuit_breaker_state",
            "0 closed, 1 half-open, 2 open, by upstream service.",
            ["service"],
            registry=registry,
        )
