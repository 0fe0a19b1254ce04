"""The processes of a game day, each with an owner that reaps it.

A child says hello with one JSON line on its standard output once it is ready, and may go on to speak in JSON
lines. Its standard error goes to a log file, whose end is shown when the child fails.
"""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulator.errors import NotPossible
from simulator.processes import die_with_parent

HELLO_LIMIT_S = 30.0
_LINE_LIMIT = 4 * 1024 * 1024


class Child:
    """A running process of ours."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self.process.returncode is None

    async def say(self, line: str) -> None:
        """Write a line to the child's standard input; a child that is gone hears nothing."""
        stdin = self.process.stdin
        if stdin is not None:
            with suppress(ConnectionError):
                stdin.write(line.encode() + b"\n")
                await stdin.drain()

    async def hear(self, limit_s: float) -> dict[str, Any]:
        """The child's next JSON line. Raises `NotPossible` if it ends or is silent for `limit_s` s."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(limit_s):
                line = await self.process.stdout.readline()
        except TimeoutError:
            raise self.failure(f"said nothing for {limit_s:g} s") from None
        if not line:
            await self.process.wait()
            raise self.failure(f"ended with status {self.process.returncode}")
        said: dict[str, Any] = json.loads(line)
        return said

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        """JSON lines until the child ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            yield json.loads(line)

    def failure(self, what: str) -> NotPossible:
        """The error that names this child, what happened and the end of its log."""
        tail = ""
        with suppress(OSError):
            tail = self.log.read_text(errors="replace").strip()[-600:]
        return NotPossible(f"{self.name} {what}" + (f": {tail}" if tail else "") + f" (log: {self.log})")

    async def stop(self, grace_s: float = 5.0) -> int:
        """SIGTERM, then SIGKILL after `grace_s` wall seconds; returns the exit status."""
        if self.is_running:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(grace_s):
                    await self.process.wait()
            except TimeoutError:
                with suppress(ProcessLookupError):
                    self.process.kill()
        return await self.process.wait()


async def start(
    name: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path | None = None,
    outlives_parent: bool = False,
) -> Child:
    """Start a child in a session of its own, so that a Ctrl-C in the terminal reaches only the runner."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *map(str, argv),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env={**env, "PYTHONUNBUFFERED": "1"},
            cwd=cwd,
            start_new_session=True,
            preexec_fn=None if outlives_parent else die_with_parent,
            limit=_LINE_LIMIT,
        )
    return Child(name, process, log)


async def start_and_greet(
    name: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    limit_s: float = HELLO_LIMIT_S,
) -> tuple[Child, dict[str, Any]]:
    """Start a child and wait for its hello. Raises `NotPossible` with the end of its log."""
    child = await start(name, argv, env=env, log=log)
    try:
        return child, await child.hear(limit_s)
    except BaseException:
        await child.stop()
        raise
