"""What the kernel tells of one process (proc(5)), where a sweep of all would cost too much."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROCESS_CLOCK = 2


@dataclass(frozen=True)
class Stat:
    """A process now. `started` tells it from another one that gets its number; `is_stopped`: or over already."""

    parent: int
    started: int
    is_stopped: bool
    threads: int
    own_s: float
    """Processor time of all its threads, exact."""
    children_s: float
    """That of its children that have ended and were waited for, in hundredths."""


def read(pid: int) -> Stat | None:
    """None if there is no such process."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        fields = os.read(descriptor, 1024).rpartition(b")")[2].split()
        # clock_getcpuclockid(3): the clock of a process is made of its number.
        own_s = time.clock_gettime((~pid << 3) | _PROCESS_CLOCK)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    children_s = (int(fields[13]) + int(fields[14])) / _TICKS_PER_S
    return Stat(int(fields[1]), int(fields[19]), fields[0] in b"TtZX", int(fields[17]), own_s, children_s)


def children(pid: int, threads: int) -> Iterator[int]:
    """The children that it has now; each belongs to the thread that made it."""
    try:
        for thread in [str(pid)] if threads == 1 else os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                yield from map(int, file.read().split())
    except OSError:
        return
