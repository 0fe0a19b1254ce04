"""A command's story run to its end, and what it tells on the way."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any

import typer

from scoring.errors import ScoringError
from simulator.errors import Interrupted


def tell(text: str) -> None:
    """Say how it goes, beside the result."""
    typer.echo(text, err=True)


def run_story(story: Coroutine[Any, Any, Any]) -> Any:
    """Run it to its end. Ctrl-C and SIGTERM cancel it once and let it clean up: pipelines send one after the other."""

    async def run() -> Any:
        task = asyncio.ensure_future(story)
        loop = asyncio.get_running_loop()
        asked: list[int] = []

        def stop(number: int) -> None:
            if not asked:
                task.cancel()
            asked.append(number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop, number)
        return await task

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        raise Interrupted("interrupted; everything was taken down") from None


def play_story(story: Coroutine[Any, Any, int]) -> None:
    """Run one that plays drills and gives the exit status; what was played joins the history."""
    try:
        status = run_story(story)
    finally:
        _keep_drills()
    raise typer.Exit(status)


def _keep_drills() -> None:
    """What was played joins the history of this folder or of GAMEDAY_DATABASE; if not, that is told, no more.

    What earlier drills of the same failure modes left to do is asked about.
    """
    from scoring.cli.gathering import from_last_time, gather

    into = os.environ.get("GAMEDAY_DATABASE")
    try:
        gathered = gather(into)
        for sentence in (*gathered.left, *(from_last_time(gathered.new, into) if gathered.new else ())):
            tell(sentence)
    except ScoringError as error:
        tell(f"the drills are not in the history: {error}")
