"""What `/metrics` shows: requests by users, the database pool, the upstream provider."""

from collections.abc import Callable
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Fine around the limits that people are paged for: 0.5 s and 2 s.
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0)
_NOT_USERS = ("/health", "/metrics", "/admin")


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the size of a scrape
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "http_requests_total",
            "Requests of users by outcome; health checks and scrapes are not among them.",
            ["method", "path", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "http_request_duration_seconds",
            "Seconds from a user's request to the end of its response.",
            ["method", "path"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self.requests_in_flight = Gauge("http_requests_in_flight", "Requests of users under way.", registry=registry)
        self.db_pool_connections = Gauge(
            "db_pool_connections",
            "Connections of the database pool: idle, in_use, or connecting.",
            ["state"],
            registry=registry,
        )
        self.db_pool_max_connections = Gauge(
            "db_pool_max_connections", "Most connections that the pool may hold.", registry=registry
        )
        self.db_pool_waiters = Gauge(
            "db_pool_waiters", "Requests that wait for a connection of the pool.", registry=registry
        )
        self.db_pool_timeouts = Counter(
            "db_pool_timeouts_total", "Requests that gave up waiting for a connection.", registry=registry
        )
        self.db_errors = Counter(
            "db_errors_total",
            "Connections and statements that PostgreSQL refused or broke, by SQLSTATE.",
            ["sqlstate"],
            registry=registry,
        )
        self.db_query_seconds = Histogram(
            "database_query_duration_seconds",
            "Seconds of a statement, without the wait for a connection.",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self.model_api_requests = Counter(
            "model_api_requests_total",
            "Calls to an upstream provider by HTTP status, or 'timeout' or 'unreachable'.",
            ["provider", "status"],
            registry=registry,
        )
        self.model_api_seconds = Histogram(
            "model_api_request_duration_seconds",
            "Seconds of one call to an upstream provider.",
            ["provider"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        # A counter in all but its type: the library would append `_total` to the name that dashboards know.
        self.model_api_rate_limit_errors = Gauge(
            "model_api_rate_limit_errors",
            "Calls that an upstream provider answered with 429; only ever rises.",
            ["provider"],
            registry=registry,
        )
        self.model_api_in_flight = Gauge(
            "model_api_calls_in_flight", "Calls to upstream providers under way.", registry=registry
        )
        self.circuit_breaker_state = Gauge(
            "circuit_breaker_state",
            "0 closed, 1 half-open, 2 open, by upstream service.",
            ["service"],
            registry=registry,
        )


class CountRequests:
    """ASGI middleware that counts and times the requests of users by route, not by URL."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float] = perf_counter) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_NOT_USERS):
            await self._app(scope, receive, send)
            return
        status = 500  # what the server answers when the app raises

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._clock()
        self._metrics.requests_in_flight.inc()
        try:
            await self._app(scope, receive, watch)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            self._metrics.requests_in_flight.dec()
            self._metrics.request_seconds.labels(scope["method"], path).observe(self._clock() - began)
            self._metrics.requests.labels(scope["method"], path, str(status)).inc()
