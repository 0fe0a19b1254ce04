"""Requests of users, counted and timed."""

from collections.abc import Callable
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.metrics import BUCKETS_S

NOT_USERS = ("/health", "/metrics", "/admin")


class RequestMetrics:
    """What users asked for and what came of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "http_requests_total",
            "Requests of users by outcome; health checks and scrapes are not among them.",
            ["method", "path", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "http_request_duration_seconds",
            "Seconds from a user's request to the end of its response.",
            ["method", "path"],
            buckets=BUCKETS_S,
            registry=registry,
        )
        self.unhandled = Counter(
            "http_unhandled_errors_total",
            "Requests that ended in an exception which nobody had thought of.",
            ["exception"],
            registry=registry,
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests of users under way.", registry=registry)


class CountRequests:
    """ASGI middleware that counts and times the requests of users by route, not by URL."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, clock: Callable[[], float] = perf_counter) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NOT_USERS):
            await self._app(scope, receive, send)
            return
        status = 500  # what the server answers when the app raises

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._clock()
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            self._metrics.unhandled.labels(type(error).__name__).inc()
            raise
        finally:
            path = getattr(scope.get("route"), "path", "other")
            self._metrics.in_flight.dec()
            self._metrics.seconds.labels(scope["method"], path).observe(self._clock() - began)
            self._metrics.requests.labels(scope["method"], path, str(status)).inc()
