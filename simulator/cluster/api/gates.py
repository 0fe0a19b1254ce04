"""What every request passes before it is handled: the audit log, errors turned into answers, who asks."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from simulator.cluster import errors
from simulator.cluster.api import answers, authorizing, requests
from simulator.cluster.ports import AuditLine
from simulator.cluster.users import User

USER = web.RequestKey("user", User)
"""Who asks, in a request that has passed."""
LARGEST_BODY = 3 * 1024 * 1024

_log = logging.getLogger(__name__)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_STREAMS = ("attach", "exec", "portforward")

OnAnswer = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def audited(audit: Callable[[AuditLine], None]) -> OnAnswer:
    """Tell `audit` of every mutating request, and of every stream into a pod, as its answer begins.

    A stream is told as `create`, however the client asks for it: over WebSocket it has to be a GET.
    """

    async def on_answer(request: web.Request, response: web.StreamResponse) -> None:
        target = requests.parse_path(request.path)
        verb = _VERBS.get(request.method)
        if target is not None and target.subresource in _STREAMS:
            verb = "create"
        if verb is None:
            return
        is_collection = verb == "delete" and target is not None and not target.name
        audit(
            AuditLine(
                datetime.now(UTC).isoformat(timespec="microseconds"),
                _readable(request.headers.get("User-Agent", "")),
                "deletecollection" if is_collection else verb,
                request.path_qs,
                response.status,
            )
        )

    return on_answer


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become `Status` objects; one that nobody expected is logged and becomes a 500."""
    try:
        return await handler(request)
    except errors.ApiError as refused:
        return answers.as_json(refused.status(), refused.code)
    except web.HTTPRequestEntityTooLarge:
        text = f"limit is {LARGEST_BODY}"
        too_large = errors.ApiError(413, "RequestEntityTooLarge", f"Request entity too large: {text}")
        return answers.as_json(too_large.status(), too_large.code)
    except (web.HTTPException, ConnectionError):
        raise
    except Exception as error:
        _log.exception("request failed: %s %s", request.method, request.path)
        failed = errors.ApiError(500, "InternalError", f"Internal error occurred: {error!r}")
        return answers.as_json(failed.status(), failed.code)


def _readable(header: str) -> str:
    """A header as text that can be written down; clients may send bytes that are none."""
    return header.encode(errors="replace").decode()


def authenticated(user_of: Callable[[str], User | None]) -> Middleware:
    """Refuse every request without a token of this server (401), and what its user may not do (403)."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = user_of(token.strip()) if scheme.lower() == "bearer" and token.isascii() else None
        if user is None:
            raise errors.unauthorized()
        groups = request.headers.getall("Impersonate-Group", [])
        user = authorizing.acting(user, request.headers.get("Impersonate-User"), groups)
        authorizing.check(user, request.method, request.path, request.query, requests.parse_path(request.path))
        request[USER] = user
        return await handler(request)

    return middleware
