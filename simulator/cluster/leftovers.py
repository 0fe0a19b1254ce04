"""One server per state folder, and nothing left of the one before it.

A process that outlives its server keeps its address, so its replacement could never start. All processes of a
cluster carry the state folder in their environment; a new server on that folder ends them first.
"""

import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.cluster import reaper
from simulator.errors import NotPossible
from simulator.processes import kill_marked

MARK = "GAMEDAY_CLUSTER"
"""Variable that names the state folder."""
SERVER = "GAMEDAY_SERVER"
"""Variable that names one life of a server on it."""


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
    try:
        return kill_marked(str(state), variable=MARK)
    except TimeoutError as error:
        raise NotPossible(f"a former cluster on {state}: {error}; kill them") from None


@contextmanager
def reaped() -> Iterator[str]:
    """Gives the value of `SERVER` for all that is started; what carries it ends with us, even if we are killed.

    The parent-death signal reaches direct children only, so a process that is not of our session waits for the end of a
    pipe that only we hold. It has none of our descriptors (not the lock), and a new server need not wait for it: it
    ends what carries this server's value, not the folder's.
    """
    server = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, "-SP", reaper.__file__, SERVER, server],
        env={**os.environ, "PYTHONPATH": str(Path(reaper.__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield server
