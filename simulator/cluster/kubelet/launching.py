"""Starting a container's process, its output and its end.

Always from the main thread: the parent-death signal follows the thread that forked. Each process leads a session of
its own, so that one signal reaches whatever it started and left in its group.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet.sandbox import Entered, unconfined

OnOutput = Callable[[str, bytes], None]
"""Called with `stdout` or `stderr` and a piece of output."""

_PIECE = 65536


class StartError(Exception):
    """The command cannot be run; the message reads like a container runtime's."""


class Process:
    """A living process; `ended` becomes its exit code as containers report it (128 + n after signal n)."""

    def __init__(self, popen: "subprocess.Popen[bytes]", on_output: OnOutput) -> None:
        self.pid = popen.pid
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = loop.create_future()
        self._popen = popen
        self._on_output = on_output
        self._loop = loop
        self._pipes: dict[int, str] = {}
        for stream, pipe in (("stdout", popen.stdout), ("stderr", popen.stderr)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._pipes[pipe.fileno()] = stream
                loop.add_reader(pipe.fileno(), self._read, pipe.fileno())
        self._exit_fd = os.pidfd_open(popen.pid)
        loop.add_reader(self._exit_fd, self._on_exit)

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
        self._loop.remove_reader(self._exit_fd)
        os.close(self._exit_fd)
        code = self._popen.wait()
        for fd in self._pipes:
            while self._read(fd):
                pass
            self._loop.remove_reader(fd)
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()
        if not self.ended.done():
            self.ended.set_result(128 - code if code < 0 else code)


def launch(
    argv: Sequence[str], env: Mapping[str, str], folder: Path, on_output: OnOutput, entered: Entered | None = None
) -> Process:
    """Start `argv` in `folder` with exactly `env`, in a pod's sandbox. `StartError` if it cannot be run."""
    program = shutil.which(argv[0], path=env.get("PATH"))
    if program is None:
        where = "no such file or directory" if "/" in argv[0] else "executable file not found in $PATH"
        kind = "stat" if "/" in argv[0] else "exec:"
        name = argv[0] if "/" in argv[0] else f'"{argv[0]}"'
        raise StartError(f"unable to start container process: {kind} {name}: {where}")
    try:
        with entered or unconfined() as prepare:
            popen = subprocess.Popen(
                [program, *argv[1:]],
                env=dict(env),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=prepare,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"unable to start container process: {error}") from error
    return Process(popen, on_output)


async def run(
    argv: Sequence[str], env: Mapping[str, str], folder: Path, timeout_s: float, entered: Entered | None = None
) -> tuple[int, str]:
    """Run a short command to its end: exit code and output (at most 10 KiB).

    `TimeoutError` after `timeout_s` seconds and `StartError` if it cannot be run; nothing of it is left in any case.
    """
    output = bytearray()
    process = launch(argv, env, folder, lambda _, data: output.extend(data[: 10240 - len(output)]), entered)
    try:
        code = await asyncio.wait_for(asyncio.shield(process.ended), timeout_s)
    finally:
        process.kill()
    return code, output.decode(errors="replace")
