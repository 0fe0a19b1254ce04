"""What a drill sees while it runs: every load window, each crossing of the thresholds, and the oracle's looks."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from scoring.timeline import Window as ShownWindow
from simulator.drill.impact import Crossing, ImpactWatch, Thresholds, Window, error_share
from simulator.drill.oracle import Baseline, Condition
from simulator.drill.stage import Stage


class Witness:
    """Puts what is seen on the timeline of one drill. `alerts` are those that count as detection."""

    def __init__(self, stage: Stage, drill: str, alerts: Sequence[str], baseline: Baseline) -> None:
        self._stage = stage
        self._drill = drill
        self._alerts = list(alerts)
        self._baseline = baseline
        limits = stage.plan.playbook.verification
        self.thresholds = Thresholds(limits.error_share_above.value, limits.p95_limit_ms(baseline.p95_ms))
        self._impact = ImpactWatch(self.thresholds)
        self.first_window = len(stage.feed.windows)
        """Number of the drill's first window in the feed."""
        self.conditions: Sequence[Condition] = ()
        """What the oracle saw when it last looked; empty until then."""
        self.looked_at = datetime.min.replace(tzinfo=UTC)
        self._well_since: datetime | None = None
        self.window_s = max(limits.window.value, baseline.longest_for_s)
        """Drill seconds for which everything has to hold."""
        self.least_requests_per_s = limits.load_share.value * baseline.requests_per_s

    @property
    def is_well(self) -> bool:
        """Whether every condition held at the oracle's last look."""
        return bool(self.conditions) and all(condition["ok"] for condition in self.conditions)

    def expect(self, alerts: Sequence[str]) -> None:
        """These count as detection from now on, too: none of them may fire once all is well."""
        self._alerts += [alert for alert in alerts if alert not in self._alerts]

    def has_held(self) -> bool:
        """Whether all was well, for users too, at every look of a whole window up to now."""
        if self._well_since is None:
            return False
        lasted = self._stage.plan.clock.drill((datetime.now(UTC) - self._well_since).total_seconds())
        return lasted >= self.window_s

    def windows(self) -> Sequence[Window]:
        """The load windows since the drill began."""
        return self._stage.feed.windows[self.first_window :]

    async def record(self, show: Callable[[ShownWindow], None]) -> None:
        """Every load window, and each crossing of the thresholds, until cancelled. `show` is told of each window."""
        number = self.first_window
        while True:
            window = await self._stage.feed.after(number)
            number += 1
            show(ShownWindow.model_validate(window))
            await self._stage.scoring.post_impact(self._drill, [window])
            if crossing := self._impact.see(window):
                await self._post_crossing(crossing)

    async def watch(self) -> None:
        """The oracle's look, once for each load window, until cancelled."""
        while True:
            await self._stage.feed.after(len(self._stage.feed.windows))
            at, seen = datetime.now(UTC), await self.look()
            await self.post_check("mitigated", seen, at)
            self.conditions, self.looked_at = seen, at
            is_well = self.is_well and not self._impact.is_impacted
            self._well_since = (self._well_since or at) if is_well else None

    async def look(self) -> list[Condition]:
        """All conditions, now."""
        return await self._stage.oracle.check(self._baseline, self._alerts, self._stage.feed.windows)

    async def post_check(self, phase: str, conditions: Sequence[Condition], at: datetime) -> None:
        """What a look at *mitigated* or *recovered* saw."""
        data = {"phase": phase, "ok": all(c["ok"] for c in conditions), "conditions": list(conditions)}
        await self._stage.scoring.post_event(self._drill, "oracle.checked", "oracle", data, at)

    async def _post_crossing(self, crossing: Crossing) -> None:
        window = crossing.window
        share = error_share(window) if window["requests"] else 1.0
        data = {"reason": crossing.reason, "error_share": round(share, 4), "p95_ms": window["p95_ms"]}
        at = datetime.fromisoformat(window["at"])
        await self._stage.scoring.post_event(self._drill, crossing.kind, "load", data, at)
