"""The limits in front of the API: 429 for a client that asks too often, 503 when there is no place for anybody."""

from time import monotonic

from prometheus_client import CollectorRegistry
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.api.problems import Problem, answer_problem
from target_app.limits.metrics import LimitMetrics
from target_app.limits.queue import RequestQueue, Shed
from target_app.limits.rates import RateLimits
from target_app.limits.settings import LimitSettings

_RETRY_SOON_S = 1.0


class LimitRequests:
    """ASGI middleware; paths that begin with one of `exempt` pass, so that health is seen of a process that is full."""

    def __init__(
        self, app: ASGIApp, settings: LimitSettings, registry: CollectorRegistry, exempt: tuple[str, ...]
    ) -> None:
        self._app = app
        self._exempt = exempt
        self._metrics = LimitMetrics(registry)
        self._queue = RequestQueue(settings, self._metrics)
        self._rates = RateLimits(rate_per_s=settings.rate_per_s, burst=settings.rate_burst, clock=monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._exempt):
            await self._app(scope, receive, send)
            return
        try:
            self._check_rate(scope)
            await self._take_place()
        except Problem as problem:
            answer = await answer_problem(Request(scope), problem)
            await answer(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._queue.leave()

    def _check_rate(self, scope: Scope) -> None:
        kind, client = client_of(scope)
        wait_s = self._rates.wait_s(f"{kind} {client}")
        if wait_s:
            self._metrics.rate_limited.labels(kind).inc()
            raise Problem(429, "Too many requests", "this client asks too often", retry_after_s=wait_s)

    async def _take_place(self) -> None:
        try:
            await self._queue.enter()
        except Shed as shed:
            raise Problem(503, "Over capacity", str(shed), retry_after_s=_RETRY_SOON_S) from None


def client_of(scope: Scope) -> tuple[str, str]:
    """What a client is known by before it is let in: its API key, else its token, else the address that it is at."""
    headers = Headers(scope=scope)
    if key := headers.get("x-api-key"):
        return "api_key", key
    if token := headers.get("authorization"):
        return "token", token
    return "address", scope["client"][0] if scope.get("client") else "unknown"
