"""The drill shell: bash with the tools and addresses of a real night. What it runs goes on the timeline.

The autopilot's runs blocks of runbooks (`DrillShell`); a person's is a terminal (`gameday shell`, in `session`). Both
have the same `environment`, and what they keep went through the same `masks`.
"""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simulator.drill.shell.masks import Masks
from simulator.drill.shell.plain import Output, kept_command, kept_output
from simulator.processes import die_with_parent


@dataclass(frozen=True)
class Ran:
    """One command and what came of it, without secrets.

    `seconds` is wall time; `output` holds both streams, its end kept. `exit_status` is None for one that had not ended
    when its shell did.
    """

    command: str
    exit_status: int | None
    output: str
    seconds: float

    def as_event(self) -> dict[str, Any]:
        """As `action.taken` carries it."""
        unfinished = {"unfinished": True} if self.exit_status is None else {}
        return {**asdict(self), "by": "shell", **unfinished}


def kept(masks: Masks, command: str, exit_status: int | None, seen: Output, seconds: float) -> Ran:
    """What is kept of a command that printed what was `seen`."""
    output = kept_output(masks.output(seen.text(), command), is_cut=seen.is_cut)
    return Ran(kept_command(masks.command(command.strip())), exit_status, output, round(seconds, 3))


@dataclass(frozen=True)
class DrillShell:
    """Runs commands with `env` in `cwd`."""

    env: Mapping[str, str]
    cwd: Path

    async def run(self, command: str, limit_s: float = 120.0) -> Ran:
        """Run one block under `bash -euo pipefail`; after `limit_s` wall seconds it is killed (status 124)."""
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(self.env),
            cwd=self.cwd,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        try:
            async with asyncio.timeout(limit_s):
                output, _ = await process.communicate()
            status = process.returncode or 0
        except TimeoutError:
            output, status = f"stopped after {limit_s:g} s".encode(), 124
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        seen = Output()
        seen.add(output)
        return kept(Masks.of(self.env), command, status, seen, time.monotonic() - began)
