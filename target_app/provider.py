"""A stand-in for an upstream LLM provider: `python -m target_app.provider`.

Speaks the chat completions API that providers share, with a quota per key (a token bucket), which its console, here
`/admin/quota`, can change while it runs. Settings: PORT, POD_IP, PROVIDER_NAME, PROVIDER_API_KEYS
(`name=secret,...`), PROVIDER_ADMIN_TOKEN, PROVIDER_REQUESTS_PER_MINUTE, PROVIDER_BURST, PROVIDER_LATENCY (seconds).
"""

import asyncio
import hmac
import logging
import math
import os
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from target_app.logs import configure_logging
from target_app.serving import serve
from target_app.settings import BadSetting, Reader

logger = logging.getLogger("target_app.provider")

_EX_CONFIG = 78


@dataclass(frozen=True)
class ProviderSettings:
    """What the provider is set to. `keys` maps a secret to the name that metrics show."""

    name: str
    keys: Mapping[str, str] = field(repr=False)
    admin_token: str = field(repr=False)
    requests_per_minute: float
    burst: float
    latency_s: float
    host: str
    port: int


class Quota:
    """A token bucket: `burst` requests at once, refilled at `requests_per_minute`. `clock` counts seconds."""

    def __init__(self, requests_per_minute: float, burst: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.change(requests_per_minute, burst)

    def change(self, requests_per_minute: float, burst: float) -> None:
        """New limits, with a full bucket."""
        self.requests_per_minute = requests_per_minute
        self.burst = burst
        self.tokens = burst
        self._at = self._clock()

    def take(self) -> float:
        """0 if a request may pass now, else the seconds until one may (infinite for a quota of 0)."""
        now = self._clock()
        self.tokens = min(self.burst, self.tokens + (now - self._at) * self.requests_per_minute / 60)
        self._at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) * 60 / self.requests_per_minute if self.requests_per_minute > 0 else math.inf


def read_provider_settings(env: Mapping[str, str]) -> ProviderSettings:
    """Settings from `env`. Raises `BadSetting`."""
    read = Reader(env)
    keys = {}
    for pair in read.text("PROVIDER_API_KEYS", None).split(","):
        name, separator, secret = pair.strip().partition("=")
        if not (name and separator and secret):
            raise BadSetting("PROVIDER_API_KEYS must be name=secret pairs with commas between")
        keys[secret] = name
    limits = {
        name: read.number(name, default)
        for name, default in (("PROVIDER_REQUESTS_PER_MINUTE", 60_000.0), ("PROVIDER_BURST", 1000.0))
    }
    for name, value in limits.items():
        if not 0 <= value < math.inf:
            raise BadSetting(f"{name} must be 0 or more, not {value}")
    return ProviderSettings(
        name=read.text("PROVIDER_NAME", "provider"),
        keys=keys,
        admin_token=read.text("PROVIDER_ADMIN_TOKEN", None),
        requests_per_minute=limits["PROVIDER_REQUESTS_PER_MINUTE"],
        burst=limits["PROVIDER_BURST"],
        latency_s=read.seconds("PROVIDER_LATENCY", 0.03),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8090, 0, 65535),
    )


def build_provider(settings: ProviderSettings, clock: Callable[[], float] = monotonic) -> Starlette:
    """The service, with a full bucket for each key."""
    quotas = {name: Quota(settings.requests_per_minute, settings.burst, clock) for name in settings.keys.values()}
    registry = CollectorRegistry()
    answered = Counter("provider_requests_total", "Calls by key and HTTP status.", ["key", "status"], registry=registry)
    shown_quota = Gauge("provider_quota", "Requests per minute that a key may make.", ["key"], registry=registry)
    for name, quota in quotas.items():
        shown_quota.labels(name).set_function(lambda quota=quota: quota.requests_per_minute)  # type: ignore[misc]
        answered.labels(name, "429")  # shown from the start at 0
    numbers = count(1)

    async def complete(request: Request) -> Response:
        name = settings.keys.get(_bearer(request), "")
        if not name:
            answered.labels("unknown", "401").inc()
            return _error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
        body = await request.body()
        wait_s = quotas[name].take()
        if wait_s > 0:
            answered.labels(name, "429").inc()
            return _over_quota(quotas[name], wait_s)
        try:
            reply = _completion(settings.name, next(numbers), orjson.loads(body))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            answered.labels(name, "400").inc()
            return _error(400, "The body is no chat completion request.", "invalid_request_error", None)
        await asyncio.sleep(settings.latency_s * random.uniform(0.7, 1.3))
        answered.labels(name, "200").inc()
        return _json(reply)

    async def show_quota(request: Request) -> Response:
        if not _is_admin(request, settings):
            return _error(401, "The admin token is needed.", "invalid_request_error", "invalid_admin_token")
        if request.method == "PUT":
            try:
                _change(quotas, orjson.loads(await request.body()))
            except (ValueError, KeyError, TypeError) as error:
                return _error(400, f"Quota not changed: {error}", "invalid_request_error", "invalid_quota")
        return _json(
            {
                "quotas": {
                    name: {"requests_per_minute": quota.requests_per_minute, "burst": quota.burst}
                    for name, quota in quotas.items()
                }
            }
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def health(_: Request) -> Response:
        return _json({"status": "ok", "provider": settings.name})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/admin/quota", show_quota, methods=["GET", "PUT"]),
            Route("/metrics", metrics),
            Route("/health", health),
        ]
    )


def _change(quotas: dict[str, Quota], body: dict[str, Any]) -> None:
    """`{"requests_per_minute": n, "burst": n?, "key": name?}`; without `key` for all keys, `burst` at least 1."""
    rate = float(body["requests_per_minute"])
    burst = float(body.get("burst", max(1.0, rate / 60)))
    if not (0 <= rate < math.inf and 0 <= burst < math.inf):
        raise ValueError("requests_per_minute and burst must be 0 or more")
    name = body.get("key")
    for changed in [quotas[name]] if name is not None else quotas.values():
        changed.change(rate, burst)
    logger.warning("quota of %s: %g requests per minute, burst %g", name or "all keys", rate, burst)


def _completion(provider: str, number: int, request: dict[str, Any]) -> dict[str, Any]:
    prompt = str(request["messages"][-1]["content"])
    words = prompt.split()
    text = f"{provider} on {len(words)} words: {' '.join(words[:8])}"
    used = {"prompt_tokens": len(words), "completion_tokens": len(text.split())}
    return {
        "id": f"chatcmpl-{number:08d}",
        "object": "chat.completion",
        "model": str(request["model"]),
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {**used, "total_tokens": sum(used.values())},
    }


def _over_quota(quota: Quota, wait_s: float) -> Response:
    after_s = 60 if math.isinf(wait_s) else max(1, math.ceil(wait_s))
    message = (
        f"Rate limit reached: limit {quota.requests_per_minute:g} requests per minute. Please try again in {after_s}s."
    )
    response = _error(429, message, "requests", "rate_limit_exceeded")
    response.headers["Retry-After"] = str(after_s)
    response.headers["x-ratelimit-limit-requests"] = f"{quota.requests_per_minute:g}"
    response.headers["x-ratelimit-remaining-requests"] = "0"
    return response


def _error(status: int, message: str, kind: str, code: str | None) -> Response:
    return _json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ").strip()


def _is_admin(request: Request, settings: ProviderSettings) -> bool:
    return hmac.compare_digest(_bearer(request).encode(), settings.admin_token.encode())


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    configure_logging(os.environ.get("LOG_LEVEL") or "INFO")
    try:
        settings = read_provider_settings(os.environ)
    except BadSetting as bad:
        logger.critical("FATAL: bad setting: %s", bad)
        return _EX_CONFIG
    serve(build_provider(settings), host=settings.host, port=settings.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
