"""The provider's HTTP face: the chat completions API that providers share, beside its console."""

import asyncio
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

from target_app.provider.answers import bearer, error, reply
from target_app.provider.console import console_routes
from target_app.provider.quota import Quota
from target_app.provider.settings import ProviderSettings
from target_app.provider.state import initial_state


def build_provider(settings: ProviderSettings, clock: Callable[[], float] = monotonic) -> Starlette:
    """The service, with a full bucket for each account."""
    state = initial_state(settings, clock)
    registry = CollectorRegistry()
    answered = Counter("provider_requests_total", "Calls by key and HTTP status.", ["key", "status"], registry=registry)
    shown_quota = Gauge("provider_quota", "Requests per minute that a key may make.", ["key"], registry=registry)
    for name, quota in state.quotas.items():
        shown_quota.labels(name).set_function(lambda quota=quota: quota.requests_per_minute)  # type: ignore[misc]
        answered.labels(name, "429")  # shown from the start at 0
    numbers = count(1)

    async def complete(request: Request) -> Response:
        name = state.keys.account_of(bearer(request))
        if state.condition.fails(random.random):
            status = state.condition.error_status
            answered.labels(name or "unknown", str(status)).inc()
            return error(status, "The server is currently unable to handle the request.", "server_error", None)
        if name is None:
            answered.labels("unknown", "401").inc()
            return error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
        body = await request.body()
        wait_s = state.quotas[name].take()
        if wait_s > 0:
            answered.labels(name, "429").inc()
            return _over_quota(state.quotas[name], wait_s)
        try:
            completion = _completion(settings.name, next(numbers), orjson.loads(body))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            answered.labels(name, "400").inc()
            return error(400, "The body is no chat completion request.", "invalid_request_error", None)
        await asyncio.sleep(state.condition.delay_s(random.random))
        answered.labels(name, "200").inc()
        return reply(completion)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def health(_: Request) -> Response:
        return reply({"status": "ok", "provider": settings.name})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            *console_routes(state, settings.admin_token),
            Route("/metrics", metrics),
            Route("/health", health),
        ]
    )


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
    response = error(429, message, "requests", "rate_limit_exceeded")
    response.headers["Retry-After"] = str(after_s)
    response.headers["x-ratelimit-limit-requests"] = f"{quota.requests_per_minute:g}"
    response.headers["x-ratelimit-remaining-requests"] = "0"
    return response
