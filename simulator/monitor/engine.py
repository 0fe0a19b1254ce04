"""The beat: scrape rounds on a fixed grid of instants, and the rules right after each round.

All rounds and evaluations lie on multiples of their interval since the epoch, so a rule sees the samples of
its own instant, and an alert is at most one interval plus its `for` behind what happened.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from simulator.monitor.config import MonitorConfig
from simulator.monitor.groups import GroupState
from simulator.monitor.notify import Notifier, payload
from simulator.monitor.rules import RuleGroup
from simulator.monitor.scrape import PATIENCE, Pool
from simulator.monitor.storage import Storage

_FORGET_MS = 10_000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Beat:
    """How well the schedule is kept: seconds behind it, and beats that were left out."""

    last_lag_s: float = 0.0
    worst_lag_s: float = 0.0
    rounds: int = 0
    missed: int = 0


@dataclass(slots=True)
class Settings:
    """Milliseconds of wall time; see the flags of the same names."""

    lookback_ms: int = 300_000
    retention_ms: int = 900_000
    resend_ms: int = 60_000
    external_url: str = ""


@dataclass(slots=True)
class _Interval:
    every_ms: int
    pools: list[Pool] = field(default_factory=list)
    groups: list[GroupState] = field(default_factory=list)
    last_ms: int = 0


class Engine:
    """A monitor at work: `run` scrapes, evaluates and pushes until cancelled.

    Raises BadConfig if a kubeconfig cannot be used.
    """

    def __init__(self, config: MonitorConfig, groups: Iterable[RuleGroup], settings: Settings) -> None:
        self.config, self.settings = config, settings
        self.storage = Storage(settings.retention_ms)
        self.pools = [Pool(job, self.storage) for job in config.jobs]
        self.groups = [self._state(group) for group in groups]
        self.notifier = Notifier(config.alertmanagers)
        self.beat = Beat()
        self._intervals = self._by_interval()

    def replace_rules(self, groups: Iterable[RuleGroup]) -> None:
        """From the next beat on these groups are evaluated; rules that stay keep their alerts."""
        before = {(state.group.file, state.group.name): state for state in self.groups}
        self.groups = [self._state(group) for group in groups]
        for state in self.groups:
            if (old := before.get((state.group.file, state.group.name))) is not None:
                state.take_over(old)
        last_ms = {interval.every_ms: interval.last_ms for interval in self._intervals}
        self._intervals = self._by_interval()
        for interval in self._intervals:
            interval.last_ms = last_ms.get(interval.every_ms, max(last_ms.values(), default=0))

    async def run(self, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        """Keeps the beat until cancelled.

        Parameters:
            now_ms: wall clock, milliseconds since the epoch
        """
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for pool in self.pools:
                await stack.enter_async_context(pool)
            tasks.create_task(self.notifier.run())
            last_ms = forgot_ms = now_ms()
            for interval in self._intervals:
                interval.last_ms = last_ms // interval.every_ms * interval.every_ms
            while True:
                due_ms = min((next_beat(last_ms, i.every_ms) for i in self._intervals), default=last_ms + 1000)
                while (wait_ms := due_ms - now_ms()) > 0:
                    await asyncio.sleep(wait_ms / 1000)
                last_ms = now_ms()
                self._note_lag(last_ms - due_ms)
                await self._tick(last_ms)
                if last_ms - forgot_ms > _FORGET_MS:
                    self.storage.forget(last_ms)
                    forgot_ms = last_ms

    async def _tick(self, now_ms: int) -> None:
        due = [i for i in self._intervals if now_ms // i.every_ms * i.every_ms > i.last_ms]
        rounds: list[asyncio.Task[None]] = []
        for interval in due:
            at_ms = now_ms // interval.every_ms * interval.every_ms
            self._note_missed(interval, at_ms)
            interval.last_ms = at_ms
            for pool in interval.pools:
                rounds += pool.start_round(at_ms)
        if rounds and any(interval.groups for interval in due):
            patience_s = PATIENCE * min(interval.every_ms for interval in self._intervals) / 1000
            await asyncio.wait(rounds, timeout=patience_s)
        for interval in due:
            for group in interval.groups:
                self._evaluate(group, interval.last_ms)

    def _evaluate(self, group: GroupState, at_ms: int) -> None:
        group.evaluate(at_ms)
        resend_ms, interval_ms = self.settings.resend_ms, group.group.interval_ms
        self.notifier.push(
            {
                (alert.labels, alert.fired_at_ms): payload(
                    rule,
                    alert,
                    at_ms,
                    valid_ms=4 * max(interval_ms, resend_ms),
                    external_labels=self.config.external_labels,
                    external_url=self.settings.external_url,
                )
                for rule, alert in group.due_alerts(at_ms, resend_ms)
            }
        )

    def _state(self, group: RuleGroup) -> GroupState:
        return GroupState(
            group,
            self.storage,
            external_labels=self.config.external_labels,
            external_url=self.settings.external_url,
            lookback_ms=self.settings.lookback_ms,
            step_ms=self.config.evaluation_interval_ms,
        )

    def _by_interval(self) -> list[_Interval]:
        found: dict[int, _Interval] = {}
        for pool in self.pools:
            found.setdefault(pool.job.interval_ms, _Interval(pool.job.interval_ms)).pools.append(pool)
        for group in self.groups:
            every_ms = group.group.interval_ms
            found.setdefault(every_ms, _Interval(every_ms)).groups.append(group)
        return list(found.values())

    def _note_lag(self, lag_ms: int) -> None:
        self.beat.rounds += 1
        self.beat.last_lag_s = lag_ms / 1000
        self.beat.worst_lag_s = max(self.beat.worst_lag_s, lag_ms / 1000)

    def _note_missed(self, interval: _Interval, at_ms: int) -> None:
        missed = (at_ms - interval.last_ms) // interval.every_ms - 1
        if missed > 0:
            self.beat.missed += missed
            log.warning("fell behind: %d beats of %d ms were left out", missed, interval.every_ms)
            for pool in interval.pools:
                for entry in pool.active.values():
                    entry.missed += missed
            for group in interval.groups:
                group.missed += missed


def next_beat(after_ms: int, every_ms: int) -> int:
    """The first multiple of `every_ms` after `after_ms`."""
    return (after_ms // every_ms + 1) * every_ms
