"""A command that a client runs inside a running container (`kubectl exec`).

It has the container's environment, working folder and mark, so that it counts as the container's and ends with it.
Its output is read only as fast as its client takes it. When the client goes, its standard input and output are
closed and a terminal is hung up, which ends what listens to any of that; what does not goes on until the container
ends, as in a real one.
"""

import asyncio
import os
import secrets
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from simulator.cluster.errors import NodeRefusal
from simulator.cluster.kubelet.processes import spawning
from simulator.cluster.kubelet.sandbox.sandbox import Sandbox
from simulator.cluster.kubelet.streams import pod_paths, terminals
from simulator.cluster.kubelet.streams.descriptors import Descriptor
from simulator.cluster.ports import Send


@dataclass(frozen=True)
class Place:
    """Where a command runs: all that a container lends it."""

    env: Mapping[str, str]
    folder: Path
    root: Path
    sandbox: Sandbox
    guests: "set[Executed]"
    """Commands that run now; the container ends them when it ends."""


class Executed:
    """One command, from its start to its exit code; a `ports.Session`."""

    def __init__(self, command: Sequence[str], place: Place, *, stdin: bool, tty: bool) -> None:
        self._command = command
        self._place = place
        self._wants_stdin = stdin
        self._wants_tty = tty
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._stdin: Descriptor | None = None
        self._terminal: Descriptor | None = None
        self._outputs: dict[str, Descriptor] = {}

    def start(self) -> None:
        """See `ports.Session`."""
        place = self._place
        argv = pod_paths.inside(self._command, place.root, place.folder)
        try:
            popen = self._on_terminal(argv) if self._wants_tty else self._on_pipes(argv)
        except spawning.StartError as error:
            raise NodeRefusal(
                f'failed to exec in container: failed to start exec "{secrets.token_hex(32)}": '
                f"OCI runtime exec failed: exec failed: {error}: unknown"
            ) from error
        self._popen = popen
        place.guests.add(self)
        spawning.when_ended(popen.pid, self._on_exit)

    async def run(self, send: Send) -> int:
        """See `ports.Session`."""
        async with asyncio.TaskGroup() as group:
            for stream, output in self._outputs.items():
                group.create_task(_pump(stream, output, send))
        return await asyncio.shield(self._ended)

    async def write(self, data: bytes) -> None:
        """See `ports.Session`."""
        if self._stdin is not None:
            with suppress(BrokenPipeError):
                await self._stdin.write(data)

    def end_input(self) -> None:
        """See `ports.Session`. A terminal has no end of input but the one that is typed."""
        if self._stdin is not None and self._stdin is not self._terminal:
            self._stdin.close()

    def resize(self, columns: int, rows: int) -> None:
        """See `ports.Session`."""
        if self._terminal is not None and not self._terminal.is_closed:
            terminals.resize(self._terminal.fileno(), columns, rows)

    def hang_up(self) -> None:
        """See `ports.Session`."""
        for end in (self._stdin, *self._outputs.values()):
            if end is not None:
                end.close()

    def kill(self) -> None:
        """SIGKILL: the container has ended."""
        if not self._ended.done():
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def _on_pipes(self, argv: Sequence[str]) -> "subprocess.Popen[bytes]":
        place = self._place
        popen = spawning.spawn_on_pipes(argv, place.env, place.folder, place.sandbox.entered(), stdin=self._wants_stdin)
        self._stdin = Descriptor.of(popen.stdin)
        outputs = {"stdout": Descriptor.of(popen.stdout), "stderr": Descriptor.of(popen.stderr)}
        self._outputs = {stream: output for stream, output in outputs.items() if output is not None}
        return popen

    def _on_terminal(self, argv: Sequence[str]) -> "subprocess.Popen[bytes]":
        place = self._place
        env = {"TERM": "xterm", **place.env}
        popen, self._terminal = spawning.spawn_on_terminal(argv, env, place.folder, place.sandbox.entered())
        self._stdin = self._terminal if self._wants_stdin else None
        self._outputs = {"stdout": self._terminal}
        return popen

    def _on_exit(self) -> None:
        self._place.guests.discard(self)
        self._ended.set_result(spawning.exit_code(self._popen))
        for output in self._outputs.values():
            output.finish()


async def _pump(stream: str, output: Descriptor, send: Send) -> None:
    while data := await output.read():
        await send(stream, data)
