"""The verifier's HTTP face."""

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from target_app.metrics import new_registry
from target_app.verifier.settings import VerifierServerSettings
from target_app.verifier.statements import BadStatement, counterexample


def build_verifier(settings: VerifierServerSettings) -> Starlette:
    """`POST /verify`, `GET /version`, `/health`, `/metrics`."""
    registry = new_registry()
    verifications = Counter(
        "verifications_total", "Statements by backend and HTTP status.", ["backend", "status"], registry=registry
    )

    async def verify(request: Request) -> Response:
        try:
            body = orjson.loads(await request.body())
            statement, backend, version = (str(body[name]) for name in ("statement", "backend", "version"))
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"detail": "the body must hold statement, backend and version"}, 400)
        answer = _decide(settings, statement, backend, version)
        verifications.labels(backend if backend in settings.installed else "other", str(answer.status_code)).inc()
        return answer

    async def show_version(_: Request) -> Response:
        return JSONResponse(dict(settings.installed))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/verify", verify, methods=["POST"]),
            Route("/version", show_version),
            Route("/health", health),
            Route("/metrics", metrics),
        ]
    )


def _decide(settings: VerifierServerSettings, statement: str, backend: str, version: str) -> Response:
    """409 if what is asked for is not installed: a proof for one version says nothing about another."""
    installed = settings.installed.get(backend)
    if installed is None:
        return JSONResponse({"detail": f"{backend} is not installed; there is {_shown(settings)}"}, 409)
    if installed != version:
        return JSONResponse({"detail": f"{backend} {version} is asked for, {backend} {installed} is installed"}, 409)
    try:
        found = counterexample(statement)
    except BadStatement as bad:
        return JSONResponse({"detail": f"the statement cannot be read: {bad}"}, 422)
    return JSONResponse({"proved": found is None, **({} if found is None else {"counterexample": found})})


def _shown(settings: VerifierServerSettings) -> str:
    return ", ".join(f"{backend} {version}" for backend, version in settings.installed.items()) or "nothing"
