"""One sweep of /proc for all containers: memory over its limit, and processes that their container left behind.

Asking per container costs a core at 100 pods; one pass over /proc costs a few milliseconds. A container's processes
are the session that its main process leads and all descendants of it (PostgreSQL's workers have sessions of
their own), and our other children that carry its mark, with theirs: what clients execute in it, and orphans, for the
server is their reaper.
"""

import asyncio
import ctypes
import logging
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from simulator.cluster.kubelet.processes.metering import Meter, Used
from simulator.cluster.kubelet.processes.throttling import Throttle

PERIOD_S = 0.25
MOST_PROCESSES = 1024
"""Of one pod; the node evicts a pod that has more, before it runs out of process ids (kubelet's podPidsLimit)."""
_QUICK_S = 0.02
MARK = "GAMEDAY_CONTAINER"
"""Variable that names the container instance of a process."""

_PR_SET_CHILD_SUBREAPER = 36
_PAGE = os.sysconf("SC_PAGE_SIZE")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """What one line of /proc tells."""

    pid: int
    parent: int
    session: int
    resident_bytes: int
    cpu_ticks: int = 0


@dataclass(frozen=True)
class Watched:
    """A running container's main process."""

    pid: int
    mark: str
    limit_bytes: int | None
    on_excess: Callable[[], None]
    on_crowd: Callable[[], None] = lambda: None

    @property
    def pod(self) -> str:
        """The pod's uid."""
        return self.mark.partition("/")[0]


class ProcessTable:
    """All running containers of a node."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._occupied = asyncio.Event()
        self._meter = Meter(charged_bytes)
        self._throttle = Throttle()
        self._stopped: set[int] = set()
        self._unreaped: set[int] = set()
        """Zombies of the sweep before: what we wait for is reaped at once, so one that is seen twice is nobody's."""

    def add(self, watched: Watched, *, cores: float | None = None) -> None:
        """Watch a container until `discard`, and hold it to so many cores."""
        self._watched[watched.pid] = watched
        if cores is not None:
            self._throttle.add(watched.pid, cores)
        self._occupied.set()

    def discard(self, pid: int) -> None:
        """The container ended; its orphans, if any, are ended by the next sweep."""
        self._watched.pop(pid, None)
        self._meter.forget(pid)
        self._throttle.discard(pid)

    def used(self) -> dict[tuple[str, str], Used]:
        """What each running container uses, by its pod's uid and its name; absent until it was measured twice."""
        found = {}
        for pid, watched in self._watched.items():
            if (used := self._meter.used(pid)) is not None:
                uid, name, _ = watched.mark.split("/")
                found[uid, name] = used
        return found

    def cpu_periods(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Periods of containers with a CPU limit, and those in which they had to wait; keys as in `used`."""
        found = {}
        for pid, watched in self._watched.items():
            if (periods := self._throttle.periods(pid)) is not None:
                uid, name, _ = watched.mark.split("/")
                found[uid, name] = periods
        return found

    async def run(self) -> None:
        """Sweep, and hold containers to their CPU limits, for ever; asleep while none runs."""
        adopt_orphans()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._throttle.run())
            group.create_task(self._sweep())

    async def _sweep(self) -> None:
        while True:
            await self._occupied.wait()
            self.sweep(rows())
            if not self._watched and not self._stopped:
                self._occupied.clear()
            await asyncio.sleep(_QUICK_S if self._stopped else PERIOD_S)

    def sweep(self, table: list[Row]) -> None:
        """Act on one reading of /proc."""
        members = self._members(table)
        self._meter.take({pid: members.get(pid, []) for pid in self._watched}, time.monotonic())
        self._throttle.take({pid: [row.pid for row in own] for pid, own in members.items()})
        for pid, watched in list(self._watched.items()):
            if watched.limit_bytes is None:
                continue
            own = members.get(pid, [])
            if sum(row.resident_bytes for row in own) <= watched.limit_bytes:
                continue
            if sum(charged_bytes(row) for row in own) > watched.limit_bytes:
                watched.on_excess()
                self._kill([row.pid for row in own])
        self._evict_crowds(members)
        self._end_orphans(table, {row.pid for rows_ in members.values() for row in rows_})

    def _evict_crowds(self, members: dict[int, list[Row]]) -> None:
        counts: Counter[str] = Counter()
        for pid, own in members.items():
            counts[self._watched[pid].pod] += len(own)
        for watched in list(self._watched.values()):
            if counts[watched.pod] > MOST_PROCESSES:
                watched.on_crowd()

    def _members(self, table: list[Row]) -> dict[int, list[Row]]:
        """The rows of each container, by its main process."""
        mains = {watched.mark: watched.pid for watched in self._watched.values()}
        others = [row.pid for row in table if row.parent == os.getpid() and row.pid not in self._watched]
        joined = {pid: mains[mark] for pid in others if (mark := variable(pid, MARK)) in mains}
        found = by_container(table, {*self._watched, *joined})
        members: dict[int, dict[int, Row]] = defaultdict(dict)
        for pid, rows_ in found.items():
            members[joined.get(pid, pid)].update((row.pid, row) for row in rows_)
        return {pid: list(of_pid.values()) for pid, of_pid in members.items()}

    def _end_orphans(self, table: list[Row], claimed: set[int]) -> None:
        living = {watched.mark for watched in self._watched.values()}
        unreaped, orphans = set(), set()
        for row in table:
            if row.parent != os.getpid() or row.pid in claimed:
                continue
            mark = variable(row.pid, MARK)
            if mark is not None and mark not in living:
                orphans.add(row.pid)
            elif mark is None and is_zombie(row.pid):
                unreaped.add(row.pid)
                if row.session != row.pid or row.pid in self._unreaped:
                    self._reap(row.pid)
        self._unreaped = unreaped
        self._end(
            {row.pid for rows_ in by_container(table, orphans).values() for row in rows_ if row.pid not in claimed}
        )

    def _end(self, pids: set[int]) -> None:
        """One step: stop those that are new, and kill all once none is, for what forks without end outruns a sweep."""
        new = pids - self._stopped
        self._kill(new or pids, signal.SIGSTOP if new else signal.SIGKILL)
        self._stopped = pids

    @staticmethod
    def _reap(pid: int) -> None:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)

    @staticmethod
    def _kill(pids: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)


def by_container(table: list[Row], mains: set[int]) -> dict[int, list[Row]]:
    """Each main process's rows: its session, and its descendants whatever their session."""
    children: dict[int, list[Row]] = defaultdict(list)
    members: dict[int, dict[int, Row]] = {pid: {} for pid in mains}
    for row in table:
        children[row.parent].append(row)
        if row.session in members:
            members[row.session][row.pid] = row
    for found in members.values():
        todo = list(found.values())
        while todo:
            for row in children[todo.pop().pid]:
                if row.pid not in found:
                    found[row.pid] = row
                    todo.append(row)
    return {pid: list(found.values()) for pid, found in members.items()}


def rows() -> list[Row]:
    """All processes of the machine, with one read each."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            fd = os.open(f"/proc/{name}/stat", os.O_RDONLY)
        except OSError:
            continue
        try:
            fields = os.read(fd, 1024).rpartition(b")")[2].split()
        except OSError:
            continue
        finally:
            os.close(fd)
        if len(fields) > 21:
            found.append(
                Row(int(name), int(fields[1]), int(fields[3]), int(fields[21]) * _PAGE, sum(map(int, fields[11:15])))
            )
    return found


def charged_bytes(row: Row) -> int:
    """What a memory cgroup would charge: anonymous and shared memory, each shared page once; not files' pages."""
    try:
        with open(f"/proc/{row.pid}/smaps_rollup", encoding="ascii") as file:
            lines = [line.split() for line in file]
    except OSError:
        return 0
    wanted = ("Pss_Anon:", "Pss_Shmem:")
    figures = [int(words[1]) * 1024 for words in lines if words[0] in wanted]
    return sum(figures) if figures else row.resident_bytes


def variable(pid: int, name: str) -> str | None:
    """A variable of the environment that a process was started with; None without it."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return None
    prefix = f"{name}=".encode()
    return next((entry[len(prefix) :].decode() for entry in entries if entry.startswith(prefix)), None)


def is_zombie(pid: int) -> bool:
    """True once it ended and waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return False


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose parent dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
