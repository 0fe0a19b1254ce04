"""Starting one process of a pod: how its program is found, what it is started in, and how its end is seen.

Always from the main thread: the parent-death signal follows the thread that forked. Each process leads a session of
its own, so that one signal reaches whatever it started and left in its group. What is refused is told in the words of
a container runtime (runc).
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulator.cluster.kubelet.sandbox.sandbox import Entered, unconfined
from simulator.cluster.kubelet.streams import terminals
from simulator.cluster.kubelet.streams.descriptors import Descriptor


class StartError(Exception):
    """The command cannot be run; the message reads like a container runtime's."""


def spawn_on_pipes(
    argv: Sequence[str], env: Mapping[str, str], folder: Path, entered: Entered | None, *, stdin: bool
) -> "subprocess.Popen[bytes]":
    """Start `argv` in `folder` with exactly `env`, in a pod's sandbox; without `stdin` its input is empty.

    `StartError` if it cannot be run.
    """
    source = subprocess.PIPE if stdin else subprocess.DEVNULL
    return _spawn(argv, env, folder, entered, (source, subprocess.PIPE, subprocess.PIPE))


def spawn_on_terminal(
    argv: Sequence[str], env: Mapping[str, str], folder: Path, entered: Entered | None
) -> "tuple[subprocess.Popen[bytes], Descriptor]":
    """As `spawn_on_pipes`, on a new terminal that controls the session; the second of the pair is its master."""
    master, slave = terminals.open_terminal()
    try:
        popen = _spawn(argv, env, folder, entered, (slave, slave, slave), terminals.take)
    except StartError:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return popen, Descriptor(master)


def exit_code(popen: "subprocess.Popen[bytes]") -> int:
    """Reap an ended process: its code, or 128 + n after signal n."""
    code = popen.wait()
    return 128 - code if code < 0 else code


def when_ended(pid: int, act: Callable[[], None]) -> None:
    """Call `act` once a child of ours has ended and waits to be reaped."""
    loop = asyncio.get_running_loop()
    watch = os.pidfd_open(pid)

    def ended() -> None:
        loop.remove_reader(watch)
        os.close(watch)
        act()

    loop.add_reader(watch, ended)


def _spawn(
    argv: Sequence[str],
    env: Mapping[str, str],
    folder: Path,
    entered: Entered | None,
    streams: tuple[int, int, int],
    first: Callable[[], None] = lambda: None,
) -> "subprocess.Popen[bytes]":
    program = _found(argv[0], env, folder)
    stdin, stdout, stderr = streams
    try:
        with entered or unconfined() as prepare:

            def before() -> None:
                first()
                prepare()

            return subprocess.Popen(
                argv,
                executable=program,
                env=dict(env),
                cwd=folder,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=before,
            )
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StartError(f'unable to start container process: exec: "{argv[0]}": {why}') from error
    except subprocess.SubprocessError as error:
        raise StartError(f"unable to start container process: {error}") from error


def _found(name: str, env: Mapping[str, str], folder: Path) -> str:
    """The file behind a program's name, as a container runtime looks for it."""
    if "/" not in name:
        program = shutil.which(name, path=env.get("PATH", ""))
        if program is None:
            raise StartError(f'unable to start container process: exec: "{name}": executable file not found in $PATH')
        return program
    path = folder / name
    if not path.exists():
        raise StartError(f'unable to start container process: exec: "{name}": stat {name}: no such file or directory')
    if path.is_dir() or not os.access(path, os.X_OK):
        raise StartError(f'unable to start container process: exec: "{name}": permission denied')
    return str(path)
