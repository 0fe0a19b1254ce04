"""Tasks that live and end together, and an error that a person can read."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from simulator.errors import GamedayError

T = TypeVar("T")


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


async def unless(story: Coroutine[Any, Any, T], *watches: Coroutine[Any, Any, None]) -> T:
    """What `story` returns, unless a watch raises before: then the story is cancelled, and the watch's error comes out.

    Watches end with the story.
    """
    async with together() as group:
        watching = [group.create_task(watch) for watch in watches]
        result = await story
        for task in watching:
            task.cancel()
    return result


async def to_its_end(story: Coroutine[Any, Any, T]) -> T:
    """What `story` returns. If we are cancelled meanwhile, it is waited for all the same."""
    task = asyncio.ensure_future(story)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
