"""Processes that cannot outlive their owner.

Every process that gameday starts carries the variable `GAMEDAY_RUN` in its environment, and so do all of its
descendants. That one mark is enough to find and end whatever a run left behind, however the run died.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

MARK = "GAMEDAY_RUN"
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_PR_SET_PDEATHSIG = 1


def _load_libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


_LIBC = _load_libc()


def die_with_parent() -> None:
    """For `preexec_fn`: the kernel kills this process as soon as the thread that started it ends (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def marked(mark: str, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """A copy of `env` (default: ours) that carries the mark of a run.

    Bytecode may be written in it, whatever our own environment says: pods start again and again.
    """
    kept = {key: value for key, value in (os.environ if env is None else env).items() if key != _NO_BYTECODE}
    return {**kept, MARK: mark}


def find_marked(mark: str, *, besides: Iterable[int] = ()) -> list[int]:
    """Process ids of all living processes that carry `mark`, without our own and those in `besides`."""
    wanted = f"{MARK}={mark}".encode()
    skip = {os.getpid(), *besides}
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in skip:
            continue
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0") and not _is_zombie(entry):
                found.append(int(entry.name))
    return found


def sweep(mark: str, *, grace_s: float = 2.0, besides: Iterable[int] = ()) -> list[int]:
    """End every process that carries `mark`: SIGTERM, then SIGKILL after `grace_s` seconds of wall time.

    Returns the process ids that were found at first; when it returns, none of them lives.
    """
    skip = tuple(besides)
    found = find_marked(mark, besides=skip)
    _signal_all(found, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while left := find_marked(mark, besides=skip):
        if time.monotonic() >= deadline:
            _signal_all(left, signal.SIGKILL)
        time.sleep(0.02)
    return found


def _is_zombie(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
