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


def find_marked(mark: str, *, besides: Iterable[int] = (), variable: str = MARK) -> list[int]:
    """Process ids of all living processes that carry `mark`, without our own and those in `besides`."""
    wanted = f"{variable}={mark}".encode()
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


def kill_marked(mark: str, *, variable: str = MARK, limit_s: float = 5.0) -> list[int]:
    """SIGKILL every process that carries `mark` but our own; returns their ids once none lives.

    With them go their descendants, marked or not (PostgreSQL's workers write their titles over their environment).
    All are stopped before the first is killed: one that forks without end would outrun a reader of /proc.
    `TimeoutError` if some still live after `limit_s` seconds.
    """
    found: set[int] = set()
    deadline = time.monotonic() + limit_s
    while left := _with_descendants(find_marked(mark, variable=variable), found):
        new = left - found
        found |= new
        _signal_all(new or left, signal.SIGSTOP if new else signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {sorted(left)} cannot be ended")
        if not new:
            time.sleep(0.01)
    return sorted(found)


def _with_descendants(roots: Iterable[int], known: Iterable[int]) -> set[int]:
    """`roots` and what descends from them, and those of `known` that live."""
    children: dict[int, list[int]] = {}
    living = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    living.add(int(entry.name))
                    children.setdefault(int(parent), []).append(int(entry.name))
    todo, found = [*roots, *living.intersection(known)], set()
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo += children.get(pid, ())
    return found - {os.getpid()}


def _is_zombie(entry: Path) -> bool:
    return (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
