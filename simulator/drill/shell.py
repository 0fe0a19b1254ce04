"""The drill shell: bash with the tools and addresses of a real night. What it runs goes on the timeline."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simulator.cluster.kubelet.images.postgres import find_programs
from simulator.cluster.kubelet.images.valkey.server import PROGRAMS as VALKEY_PROGRAMS
from simulator.processes import die_with_parent

OUTPUT_KEPT = 8_000


@dataclass(frozen=True)
class Ran:
    """One command and what came of it. `seconds` is wall time; `output` holds both streams, its end kept."""

    command: str
    exit_status: int
    output: str
    seconds: float

    def as_event(self) -> dict[str, Any]:
        """As `action.taken` carries it."""
        return {**asdict(self), "by": "shell"}


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
            output, _ = await asyncio.wait_for(process.communicate(), limit_s)
            status = process.returncode or 0
        except TimeoutError:
            output, status = f"stopped after {limit_s:g} s".encode(), 124
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        text = output.decode(errors="replace")[-OUTPUT_KEPT:]
        return Ran(command.strip(), status, text, round(time.monotonic() - began, 3))


def shell_environment(
    base: Mapping[str, str], *, tools: Path, kubeconfig: Path, variables: Mapping[str, str]
) -> dict[str, str]:
    """`base` with KUBECONFIG, `variables`, and a PATH that begins with `tools` and our interpreter's folder."""
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), base.get("PATH", os.defpath)])
    return {**base, **variables, "PATH": path, "KUBECONFIG": str(kubeconfig)}


def lay_out_tools(folder: Path) -> Path:
    """Link the clients of the database and the cache into `folder`; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    programs = {"psql": find_programs(), "valkey-cli": VALKEY_PROGRAMS, "redis-cli": VALKEY_PROGRAMS}
    for tool, place in programs.items():
        link = folder / tool
        if not link.is_symlink():
            link.symlink_to(place / tool)
    return folder
