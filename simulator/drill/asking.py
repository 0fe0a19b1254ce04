"""HTTP questions that are safe to ask again: a connection that the other side just closed is no answer."""

import asyncio
import time
from typing import Any

import httpx

TRIES = 4
PACE_S, SLOWEST_PACE_S = 0.1, 1.0


async def ask(
    http: httpx.AsyncClient, method: str, path: str, *, patience_s: float = 0.0, **content: Any
) -> httpx.Response:
    """Ask up to `TRIES` times while the transport fails, and then for `patience_s` wall seconds, less and less often.

    Raises the last `httpx.TransportError`. Only for calls that do no harm when they arrive twice.
    """
    deadline, tries, pace_s = time.monotonic() + patience_s, 0, PACE_S
    while True:
        try:
            return await http.request(method, path, **content)
        except httpx.TransportError:
            tries += 1
            if tries >= TRIES and time.monotonic() >= deadline:
                raise
        await asyncio.sleep(pace_s)
        if tries >= TRIES:
            pace_s = min(2 * pace_s, SLOWEST_PACE_S)
