"""The scoring service as an ASGI app."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scoring.api.auth import Doorkeeper, Role
from scoring.api.problems import answer_problems
from scoring.api.routes import router
from scoring.record.store import Store

_MOST_BYTES = 16 * 1024 * 1024


def build_app(store: Store, tokens: Mapping[Role, str]) -> ASGIApp:
    """The app over a record, open to the given tokens."""
    app = FastAPI(title="gameday scoring", version="1", docs_url=None, redoc_url=None)
    app.state.store = store
    app.state.doorkeeper = Doorkeeper(tokens)
    app.include_router(router)
    answer_problems(app)
    return BoundedBodies(app)


class BoundedBodies:
    """Refuses bodies of more than 16 MiB, whether their length is announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > _MOST_BYTES:
            await _too_large(scope)(scope, receive, send)
            return
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message if taken <= _MOST_BYTES else {"type": "http.disconnect"}

        await self._app(scope, bounded, send)


def _too_large(scope: Scope) -> JSONResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": "Too much at once",
        "status": 413,
        "detail": f"a body may have {_MOST_BYTES} bytes; send it in parts",
        "instance": scope["path"],
    }
    return JSONResponse(body, 413, media_type="application/problem+json")
