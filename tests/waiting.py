"""Waiting for what is to become true, with a bound."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_LEAST_REST_S = 0.02


def until(condition: Callable[[], T | None], limit_s: float = 30.0, *, what: str = "the condition") -> T:
    """What `condition` gives as soon as it is true. One that is dear to ask is asked half of the time at most."""
    deadline = time.monotonic() + limit_s
    while True:
        asked_at = time.monotonic()
        if found := condition():
            return found
        now = time.monotonic()
        assert now < deadline, f"{what} did not come true within {limit_s:g} s"
        time.sleep(max(_LEAST_REST_S, now - asked_at))


async def soon(condition: Callable[[], object], limit_s: float = 30.0) -> None:
    """The same of this event loop's doings."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.001)
