"""Tasks that live and end together, and an error that a person can read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator.errors import GamedayError


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group. If one of our own errors is among those that ended it, that one comes out, plain."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise _ours(errors) or errors from None


def _ours(errors: BaseException) -> GamedayError | None:
    if isinstance(errors, BaseExceptionGroup):
        return next((found for error in errors.exceptions if (found := _ours(error))), None)
    return errors if isinstance(errors, GamedayError) else None
