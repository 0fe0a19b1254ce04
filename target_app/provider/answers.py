"""Answers in the shape that LLM providers share."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


def reply(body: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(orjson.dumps(body), status, media_type="application/json")


def error(status: int, message: str, kind: str, code: str | None) -> Response:
    """An error object."""
    return reply({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def bearer(request: Request) -> str:
    """The token that the request shows, or nothing."""
    return request.headers.get("authorization", "").removeprefix("Bearer ").strip()
