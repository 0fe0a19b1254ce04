"""Tasks that end together tell one readable error."""

import asyncio

import pytest

from simulator.drill.together import together
from simulator.errors import NotPossible


async def fail(error: Exception) -> None:
    raise error


async def run_with(failing: Exception) -> None:
    tasks: list[asyncio.Task[bool]] = []
    try:
        async with together() as group:
            tasks.append(group.create_task(asyncio.Event().wait()))
            group.create_task(fail(failing))
    finally:
        assert all(task.cancelled() for task in tasks)


async def test_our_own_error_comes_out_plain_and_the_others_are_cancelled() -> None:
    with pytest.raises(NotPossible, match="the load ended"):
        await run_with(NotPossible("the load ended"))


async def test_an_error_that_is_not_ours_is_not_hidden() -> None:
    with pytest.raises(ExceptionGroup):
        await run_with(ZeroDivisionError())
