"""The user-impact signal for a Prometheus: the last closed window and running totals on `/metrics`."""

from gevent.pywsgi import WSGIServer
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import make_wsgi_app

from simulator.load.windows import Window

_QUANTILES = {"0.5": "p50_ms", "0.95": "p95_ms", "0.99": "p99_ms"}


class Signal:
    """Metrics of one run, fed with closed windows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "locust_requests",
            "Requests that ended, by task and outcome (ok, failed).",
            ["task", "outcome"],
            registry=self.registry,
        )
        self._offered = Counter("locust_offered_requests", "Requests that were begun.", registry=self.registry)
        self._latency = Gauge(
            "locust_request_duration_seconds",
            "Exact quantile of the last closed window; NaN if no request ended in it.",
            ["quantile"],
            registry=self.registry,
        )
        self._users = Gauge("locust_users", "Users that are active.", registry=self.registry)
        self._lag = Gauge(
            "locust_schedule_lag_seconds",
            "How late the generator was against its own schedule in the last closed window.",
            registry=self.registry,
        )

    def show(self, window: Window) -> None:
        """Add a closed window to the totals and make it the last one."""
        for name, count in window.tasks.items():
            self._requests.labels(name, "ok").inc(count.requests - count.failures)
            self._requests.labels(name, "failed").inc(count.failures)
        self._offered.inc(window.offered)
        for label, measure in _QUANTILES.items():
            value = getattr(window, measure)
            self._latency.labels(label).set(float("nan") if value is None else value / 1000)
        self._users.set(window.users)
        self._lag.set(window.lag_ms / 1000)

    def serve(self, port: int) -> WSGIServer:
        """A started server on 127.0.0.1:`port` (0: any free port). Raises OSError if the port is taken."""
        server = WSGIServer(("127.0.0.1", port), make_wsgi_app(self.registry), log=None)
        server.start()
        return server
