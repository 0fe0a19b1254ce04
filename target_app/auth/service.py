"""The sign-in service's HTTP face: a name and a password become a token."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from time import monotonic

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from target_app.auth.limit import SourceLimit
from target_app.auth.metrics import SignInMetrics, Sources
from target_app.auth.passwords import NOBODYS
from target_app.auth.settings import AuthSettings
from target_app.auth.tokens import issue
from target_app.metrics import new_registry

logger = logging.getLogger("target_app.auth")


def build_auth(settings: AuthSettings, clock: Callable[[], float] = monotonic) -> Starlette:
    """The service. Passwords are checked one after the other, beside the event loop."""
    registry = new_registry()
    metrics, sources = SignInMetrics(registry), Sources()
    limit = SourceLimit(settings.sign_ins_per_minute, clock)
    checking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        logger.info("serving on %s:%d, %d users", settings.host, settings.port, len(settings.users))
        try:
            yield
        finally:
            checking.shutdown(wait=False, cancel_futures=True)

    async def sign_in(request: Request) -> Response:
        began = clock()
        address = request.client.host if request.client else "unknown"
        source = sources.label(address)
        if (wait_s := limit.wait_s(address)) > 0:
            metrics.sign_ins.labels("rate_limited", source).inc()
            return _rate_limited(wait_s)
        named = _read(await request.body())
        if named is None:
            return _problem(400, "Bad request", 'the body must be JSON such as {"user": "ada", "password": "..."}')
        user, password = named
        kept = settings.users.get(user, NOBODYS)
        fits = await asyncio.get_running_loop().run_in_executor(checking, kept.fits, password)
        metrics.seconds.observe(clock() - began)
        if not fits:
            metrics.sign_ins.labels("wrong_password", source).inc()
            logger.warning("401 sign-in refused: user %r from %s, wrong name or password", user[:100], address)
            return _problem(401, "Not signed in", "wrong name or password")
        metrics.sign_ins.labels("ok", source).inc()
        token = issue(user, settings.jwt_secret, settings.token_lifetime_s)
        return _json({"access_token": token, "token_type": "bearer", "expires_in": settings.token_lifetime_s})

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def health(_: Request) -> Response:
        return _json({"status": "ok"})

    return Starlette(
        routes=[
            Route("/sign-in", sign_in, methods=["POST"]),
            Route("/metrics", show_metrics),
            Route("/health", health),
        ],
        lifespan=lifespan,
    )


def _read(body: bytes) -> tuple[str, str] | None:
    """Name and password, or None if the body holds no such thing."""
    try:
        given = orjson.loads(body)
        user, password = given["user"], given["password"]
    except (ValueError, KeyError, TypeError):
        return None
    return (user, password) if isinstance(user, str) and isinstance(password, str) else None


def _rate_limited(wait_s: float) -> Response:
    response = _problem(429, "Too many sign-ins", "this address tries to sign in too often")
    response.headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    return response


def _problem(status: int, title: str, detail: str) -> Response:
    response = _json({"type": "about:blank", "title": title, "status": status, "detail": detail}, status)
    response.headers["Content-Type"] = "application/problem+json"
    return response


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
