"""HTTP answers in the forms of an API server."""

from typing import Any

import orjson
from aiohttp import web


def as_json(value: Any, code: int = 200) -> web.Response:
    """A value as JSON."""
    return raw_json(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE), code)


def raw_json(body: bytes, code: int = 200) -> web.Response:
    """Bytes that are JSON already."""
    return web.Response(body=body, status=code, headers={"Content-Type": "application/json"})


def nothing_here() -> web.Response:
    """What an API server says of a path that it does not know."""
    return web.Response(text="404 page not found\n", status=404)
