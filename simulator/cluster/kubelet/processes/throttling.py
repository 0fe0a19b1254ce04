"""CPU limits without cgroups: a container that has used up its quota is stopped until its next period begins.

Its processes are stopped and continued by signals, which they cannot see: whoever waits for a child that is stopped is
stopped before it and continues after it. SIGKILL ends a stopped process at once, any other signal waits for it, as for
one that is throttled by the kernel. What somebody else has stopped stays stopped.

Only containers with a limit cost anything: one look in each period, and some ten times that while they are near it.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from simulator.cluster.kubelet.processes import process_stat
from simulator.cluster.kubelet.processes.cpu_quota import Allowance
from simulator.cluster.kubelet.processes.process_stat import Stat

_LOOKS, _LOOK_S, _AGAIN_S = 5, 0.0001, 0.002


class Throttle:
    """All containers with a limit, by their main process."""

    def __init__(self) -> None:
        self._limited: dict[int, _Limited] = {}
        self._occupied = asyncio.Event()

    def add(self, pid: int, cores: float) -> None:
        """Hold a container to its limit until `discard`."""
        processors = os.cpu_count() or 1
        if cores < processors:
            self._limited[pid] = _Limited(pid, Allowance(cores, time.monotonic(), processors))
            self._occupied.set()

    def discard(self, pid: int) -> None:
        """The container has ended; what is left of it is for others to end."""
        self._limited.pop(pid, None)
        if not self._limited:
            self._occupied.clear()

    def periods(self, pid: int) -> tuple[int, int] | None:
        """A container's periods, and those in which it had to wait; None where it has no limit."""
        limited = self._limited.get(pid)
        return None if limited is None else limited.periods

    def take(self, members: Mapping[int, Iterable[int]]) -> None:
        """A sweep of /proc: the processes of each container."""
        for pid, each in self._limited.items():
            each.join(members.get(pid) or ())

    async def run(self) -> None:
        """Look, stop and continue until cancelled; asleep while nobody has a limit."""
        try:
            while True:
                await self._occupied.wait()
                await asyncio.sleep(self._look())
        finally:
            for each in self._limited.values():
                each.resume()

    def _look(self) -> float:
        """Seconds until somebody is due again."""
        now = time.monotonic()
        for each in self._limited.values():
            if now >= each.due:
                each.look(now)
        return max(0.0, min(each.due for each in self._limited.values()) - time.monotonic())


class _Limited:
    """One container."""

    def __init__(self, main: int, allowance: Allowance) -> None:
        self.due = 0.0
        self._allowance = allowance
        self._known: dict[int, Stat] = {}
        self._total_s = 0.0
        self._is_waiting = False
        self._stopped: dict[int, int] = {}
        """When each process that we have sent a signal to was started."""
        self._standing: set[int] = set()
        self.join([main])

    @property
    def periods(self) -> tuple[int, int]:
        return self._allowance.periods, self._allowance.throttled_periods

    def join(self, pids: Iterable[int]) -> None:
        """These are its processes too."""
        if new := _stats(pid for pid in pids if pid not in self._known):
            self._known |= new
            self.due = 0.0

    def look(self, now: float) -> None:
        """Charge what was used since the last time, and let it wait or go on."""
        self._allowance.spend(self._used_s())
        self._allowance.renew(now)
        self.due = self._allowance.next_look(now)
        if self._allowance.is_used_up:
            self._is_waiting = True
            if not self._stop():
                self.due = now + _AGAIN_S
        elif self._is_waiting:
            self.resume()

    def resume(self) -> None:
        """Let it go on, children first."""
        for pid, started in reversed(self._stopped.items()):
            stat = process_stat.read(pid)
            if stat is not None and stat.started == started:
                _signal(pid, signal.SIGCONT)
        self._is_waiting, self._stopped, self._standing = False, {}, set()

    def _used_s(self) -> float:
        """Since the last time; below zero where a child was waited for while we read, until the next time."""
        known, before_s = self._known, self._total_s
        self._known = {
            pid: now
            for pid, was in known.items()
            if (now := process_stat.read(pid)) is not None and now.started == was.started
        }
        for pid, was in known.items():
            # The time of an ended child is its parent's from then on, if that is one of ours.
            if pid not in self._known and was.parent not in known:
                before_s -= was.own_s + was.children_s
        self._total_s = sum(each.own_s + each.children_s for each in self._known.values())
        return self._total_s - before_s

    def _stop(self) -> bool:
        """Generation by generation, with what each has started meanwhile; False if that has to be continued.

        A process that still runs could start another one, or be told that a child of it was stopped.
        """
        while moving := {pid: stat for pid, stat in self._known.items() if pid not in self._standing}:
            eldest = {pid: stat for pid, stat in moving.items() if stat.parent not in moving}
            for pid, stat in eldest.items():
                if not stat.is_stopped and pid not in self._stopped:
                    _signal(pid, signal.SIGSTOP)
                    self._stopped[pid] = stat.started
            if not _are_standing(eldest):
                return False
            self._standing |= set(eldest)
            born = {child for pid, stat in eldest.items() for child in process_stat.children(pid, stat.threads)}
            self._known |= _stats(born - set(self._known))
        return True


def _are_standing(pids: Iterable[int]) -> bool:
    """Mostly true at once, where it is not that a processor is busy with something else."""
    left = set(pids)
    for _ in range(_LOOKS):
        left = {pid for pid in left if (stat := process_stat.read(pid)) is not None and not stat.is_stopped}
        if not left:
            return True
        time.sleep(_LOOK_S)
    return False


def _stats(pids: Iterable[int]) -> dict[int, Stat]:
    return {pid: stat for pid in pids if (stat := process_stat.read(pid)) is not None}


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
