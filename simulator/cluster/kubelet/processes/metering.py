"""How much CPU and memory containers use, out of the sweeps of /proc that are made anyway.

A rate is taken over a window of about 15 s as with metrics-server, and over less in a container's first seconds. Memory
is asked for when somebody wants to know: what a cgroup would charge costs a read for each process.
"""

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SAMPLE_S = 3.0
WINDOW_S = 15.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Ticking(Protocol):
    """A process of a container, as one sweep saw it."""

    @property
    def cpu_ticks(self) -> int:
        """Processor time of the process and of its children that have ended, since they began."""
        ...


@dataclass(frozen=True)
class Used:
    """One container's use: cores on average over `window_s`, and bytes."""

    cores: float
    memory_bytes: int
    window_s: float


class Meter:
    """Samples by a container's main process. Instants are seconds of any monotonic clock."""

    def __init__(self, bytes_of: Callable[[Any], int]) -> None:
        """`bytes_of` measures one process of a sweep."""
        self._bytes_of = bytes_of
        self._samples: dict[int, deque[tuple[float, int]]] = {}
        self._processes: Mapping[int, Sequence[Ticking]] = {}
        self._due = 0.0

    def take(self, members: Mapping[int, Sequence[Ticking]], now: float) -> None:
        """One sweep: the processes of each container. Most of them are not needed."""
        if now < self._due:
            return
        self._due = now + SAMPLE_S
        self._processes = members
        self._samples = {pid: self._samples.get(pid) or deque() for pid in members}
        for pid, samples in self._samples.items():
            samples.append((now, sum(row.cpu_ticks for row in members[pid])))
            while len(samples) > 2 and now - samples[1][0] >= WINDOW_S:
                samples.popleft()

    def forget(self, pid: int) -> None:
        """The container ended; another process may get its number."""
        self._samples.pop(pid, None)

    def used(self, pid: int) -> Used | None:
        """What a container uses; None before there are two samples of it."""
        samples = self._samples.get(pid)
        if samples is None or len(samples) < 2:
            return None
        (first_at, first), (last_at, last) = samples[0], samples[-1]
        window_s = last_at - first_at
        cores = max(0, last - first) / _TICKS_PER_S / window_s
        return Used(cores, sum(self._bytes_of(row) for row in self._processes.get(pid) or ()), window_s)
