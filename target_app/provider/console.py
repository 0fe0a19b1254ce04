"""The provider's console: quotas, keys and the condition of the service, for whoever holds the admin token."""

import hmac
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from target_app.provider.answers import bearer, error, reply
from target_app.provider.keys import Key
from target_app.provider.state import ProviderState

logger = logging.getLogger("target_app.provider")

Act = Callable[[ProviderState, Request, Any], Any]


def console_routes(state: ProviderState, admin_token: str) -> list[Route]:
    """`/admin/quota`, `/admin/status`, `/admin/keys` and `/admin/keys/{id}`."""

    def guarded(act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not hmac.compare_digest(bearer(request).encode(), admin_token.encode()):
                return error(401, "The admin token is needed.", "invalid_request_error", "invalid_admin_token")
            content = await request.body()
            try:
                return reply(act(state, request, orjson.loads(content) if content.strip() else {}))
            except KeyError as missing:
                return error(400, f"Nothing changed: there is no {missing}", "invalid_request_error", "unknown")
            except (ValueError, TypeError, AttributeError) as bad:
                return error(400, f"Nothing changed: {bad}", "invalid_request_error", "invalid_request")

        return answer

    return [
        Route("/admin/quota", guarded(_show_quota), methods=["GET"]),
        Route("/admin/quota", guarded(_change_quota), methods=["PUT"]),
        Route("/admin/status", guarded(_show_status), methods=["GET"]),
        Route("/admin/status", guarded(_change_status), methods=["PUT"]),
        Route("/admin/keys", guarded(_show_keys), methods=["GET"]),
        Route("/admin/keys", guarded(_issue_key), methods=["POST"]),
        Route("/admin/keys/{id}", guarded(_switch_key), methods=["PUT"]),
    ]


def _show_quota(state: ProviderState, *_: Any) -> Any:
    return {
        "quotas": {
            name: {"requests_per_minute": quota.requests_per_minute, "burst": quota.burst}
            for name, quota in state.quotas.items()
        }
    }


def _change_quota(state: ProviderState, _: Request, body: Any) -> Any:
    """`{"requests_per_minute": n, "burst": n?, "key": name?}`; without `key` for all keys, `burst` at least 1."""
    rate = float(body["requests_per_minute"])
    burst = float(body.get("burst", max(1.0, rate / 60)))
    if not (0 <= rate < math.inf and 0 <= burst < math.inf):
        raise ValueError("requests_per_minute and burst must be 0 or more")
    name = body.get("key")
    for changed in [state.quotas[name]] if name is not None else state.quotas.values():
        changed.change(rate, burst)
    logger.warning("quota of %s: %g requests per minute, burst %g", name or "all keys", rate, burst)
    return _show_quota(state)


def _show_status(state: ProviderState, *_: Any) -> Any:
    return asdict(state.condition)


def _change_status(state: ProviderState, _: Request, body: Any) -> Any:
    """Any of `latency_s`, `error_status`, `error_share`; what is not named stays."""
    state.condition = state.condition.changed(body)
    logger.warning("the service is now: %s", state.condition)
    return _show_status(state)


def _show_keys(state: ProviderState, *_: Any) -> Any:
    return {"keys": [_shown(key) for key in state.keys.all()]}


def _issue_key(state: ProviderState, _: Request, body: Any) -> Any:
    """`{"name": account}`; the answer holds the secret, which is never shown again."""
    key, secret = state.keys.issue(str(body["name"]))
    logger.warning("key %s issued", key.id)
    return {**_shown(key), "secret": secret}


def _switch_key(state: ProviderState, request: Request, body: Any) -> Any:
    """`{"status": "active"}` or `{"status": "inactive"}`."""
    status = body["status"]
    if status not in ("active", "inactive"):
        raise ValueError("status must be active or inactive")
    key = state.keys.switch(request.path_params["id"], is_active=status == "active")
    logger.warning("key %s is now %s", key.id, status)
    return _shown(key)


def _shown(key: Key) -> dict[str, str]:
    return {"id": key.id, "name": key.name, "status": "active" if key.is_active else "inactive"}
