"""A container's process while it lives: its output, handed on as it comes, its signals and its end."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet.processes import spawning
from simulator.cluster.kubelet.sandbox.sandbox import Entered
from simulator.cluster.kubelet.streams.descriptors import Descriptor

OnOutput = Callable[[str, bytes], None]
"""Called with `stdout` or `stderr` and a piece of output."""

_PIECE = 65536
_LAST_PIECES = 32
_LONG_S = 0.0005
_REST = 9
"""Output that takes long to keep is read in a tenth of the time at most."""


class Process:
    """A living process; `ended` becomes its exit code as containers report it (128 + n after signal n)."""

    def __init__(self, popen: "subprocess.Popen[bytes]", terminal: Descriptor | None, on_output: OnOutput) -> None:
        self.pid = popen.pid
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = loop.create_future()
        self.terminal = terminal
        self.stdin = terminal or Descriptor.of(popen.stdin)
        self._popen = popen
        self._on_output = on_output
        self._loop = loop
        self._pipes: dict[int, str] = {}
        for stream, pipe in (("stdout", terminal or popen.stdout), ("stderr", popen.stderr)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._pipes[pipe.fileno()] = stream
                loop.add_reader(pipe.fileno(), self._on_readable, pipe.fileno())
        self._resting: dict[int, asyncio.TimerHandle] = {}
        spawning.when_ended(popen.pid, self._on_exit)

    def signal(self, number: signal.Signals) -> None:
        """Signal the main process, as a container runtime signals process 1."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                self._popen.send_signal(number)

    def kill(self) -> None:
        """SIGKILL for the whole group."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _on_readable(self, fd: int, late_s: float = 0.0) -> None:
        started = self._loop.time()
        took_s = self._read(fd) and self._loop.time() - started
        if took_s >= _LONG_S:
            self._rest(fd, _REST * (took_s + late_s))

    def _rest(self, fd: int, rest_s: float) -> None:
        """Let a program that writes at full speed wait, the longer the later all are: others get the loop meanwhile."""
        self._loop.remove_reader(fd)
        due = self._loop.time() + rest_s

        def again() -> None:
            del self._resting[fd]
            self._loop.add_reader(fd, self._on_readable, fd, self._loop.time() - due)

        self._resting[fd] = self._loop.call_at(due, again)

    def _read(self, fd: int) -> bool:
        """Read one piece; False when there is none now or ever."""
        try:
            data = os.read(fd, _PIECE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self._on_output(self._pipes[fd], data)
            return True
        self._loop.remove_reader(fd)
        return False

    def _on_exit(self) -> None:
        # The main process is a zombie until it is reaped below, so its group id cannot name anybody else yet.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        code = spawning.exit_code(self._popen)
        for timer in self._resting.values():
            timer.cancel()
        for fd in self._pipes:
            for _ in range(_LAST_PIECES):  # somebody in another session may go on writing for ever
                if not self._read(fd):
                    break
            self._loop.remove_reader(fd)
        for pipe in (self._popen.stdout, self._popen.stderr, self.stdin):
            if pipe is not None:
                pipe.close()
        if not self.ended.done():
            self.ended.set_result(code)


def launch(
    argv: Sequence[str],
    env: Mapping[str, str],
    folder: Path,
    on_output: OnOutput,
    entered: Entered | None = None,
    *,
    stdin: bool = False,
    tty: bool = False,
) -> Process:
    """Start `argv` in `folder` with exactly `env`, in a pod's sandbox. `spawning.StartError` if it cannot be run.

    With `stdin` its standard input is open until `Process.stdin` is closed; with `tty` its streams are a terminal.
    """
    if tty:
        popen, terminal = spawning.spawn_on_terminal(argv, env, folder, entered)
        return Process(popen, terminal, on_output)
    return Process(spawning.spawn_on_pipes(argv, env, folder, entered, stdin=stdin), None, on_output)


async def run(
    argv: Sequence[str], env: Mapping[str, str], folder: Path, timeout_s: float, entered: Entered | None = None
) -> tuple[int, str]:
    """Run a short command to its end: exit code and output (at most 10 KiB).

    `TimeoutError` after `timeout_s` seconds, `spawning.StartError` if it cannot be run; nothing of it is ever left.
    """
    output = bytearray()
    process = launch(argv, env, folder, lambda _, data: output.extend(data[: 10240 - len(output)]), entered)
    try:
        async with asyncio.timeout(timeout_s):
            code = await asyncio.shield(process.ended)
    finally:
        process.kill()
    return code, output.decode(errors="replace")
