"""One server per state folder, and nothing left of the one before it.

A process that outlives its server keeps its address, so its replacement could never start. All processes of a
cluster carry the state folder in their environment; a new server on that folder ends them first.
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.cluster.kubelet import process_table
from simulator.errors import NotPossible

MARK = "GAMEDAY_CLUSTER"
_LIMIT_S = 5.0


@contextmanager
def sole_owner(state: Path) -> Iterator[None]:
    """Hold the state folder. `NotPossible` while another server has it."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise NotPossible(
                f"{state}: another cluster (process {owner}) uses this folder; end it or name another --state"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def end(state: Path) -> list[int]:
    """SIGKILL every process of a cluster on `state` but our own; returns their ids once none lives.

    `NotPossible` if one cannot be ended.
    """
    found = left = _of(state)
    deadline = time.monotonic() + _LIMIT_S
    while left:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise NotPossible(f"processes {left} of a former cluster on {state} cannot be ended; kill them")
        time.sleep(0.01)
        left = _of(state)
    return found


def _of(state: Path) -> list[int]:
    return [
        row.pid
        for row in process_table.rows()
        if row.pid != os.getpid()
        and process_table.variable(row.pid, MARK) == str(state)
        and not process_table.is_zombie(row.pid)
    ]
