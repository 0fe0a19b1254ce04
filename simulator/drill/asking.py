"""HTTP questions that are safe to ask again: a connection that the other side just closed is no answer."""

import asyncio
from typing import Any

import httpx

TRIES = 4
PACE_S = 0.1


async def ask(http: httpx.AsyncClient, method: str, path: str, **content: Any) -> httpx.Response:
    """Ask up to `TRIES` times while the transport fails; raises the last `httpx.TransportError`.

    Only for calls that do no harm when they arrive twice.
    """
    for left in reversed(range(TRIES)):
        try:
            return await http.request(method, path, **content)
        except httpx.TransportError:
            if not left:
                raise
            await asyncio.sleep(PACE_S)
    raise AssertionError("unreachable")
