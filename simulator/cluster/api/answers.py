"""HTTP answers in the forms of an API server."""

from typing import Any

from aiohttp import web

from simulator.cluster.objects import stored_fields


def as_json(value: Any, code: int = 200) -> web.Response:
    """A value as JSON."""
    return raw_json(stored_fields.as_json(value) + b"\n", code)


def raw_json(body: bytes, code: int = 200) -> web.Response:
    """Bytes that are JSON already."""
    return web.Response(body=body, status=code, headers={"Content-Type": "application/json"})


def nothing_here() -> web.Response:
    """What an API server says of a path that it does not know."""
    return web.Response(text="404 page not found\n", status=404)
