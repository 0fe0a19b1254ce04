"""The provider's HTTP face: the chat completions API that providers share, and its console."""

import asyncio
import hmac
import logging
import math
import random
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from target_app.provider.quota import Quota
from target_app.provider.settings import ProviderSettings

logger = logging.getLogger("target_app.provider")


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
