"""One drill from baseline to scorecard: the story, step by step."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from scoring.playbook import Level
from scoring.scorecard import Scorecard
from scoring.scorecard.severity import Seen, level_for
from scoring.timeline import Event, Timeline, Window
from simulator.drill.autopilot import Autopilot
from simulator.drill.chaos import ChaosRun, start_chaos
from simulator.drill.experiment import Experiment
from simulator.drill.impact import Crossing, ImpactWatch, Thresholds, error_share
from simulator.drill.monitoring import longest_for
from simulator.drill.oracle import Baseline, Condition, is_quiet
from simulator.drill.pager import Pager
from simulator.drill.readings import Dashboard, Readings
from simulator.drill.scoring_client import ScoringClient, instant
from simulator.drill.sla_clocks import SlaClocks
from simulator.drill.stage import Stage
from simulator.drill.together import together
from simulator.errors import NotPossible
from simulator.report.models import DrillResult, Verdict
from simulator.report.view import View

BASELINE_WINDOWS = 4
STEADY_LIMIT_S = 90.0
INJECTION_LIMIT_S = 90.0
RESTART_LIMIT_S = 15.0
EVENT_PACE_S = 0.2
READING_WINDOW_S = 180.0
"""Drill seconds over which a responder reads the dashboard."""


@dataclass
class Drill:
    """One drill in progress."""

    stage: Stage
    experiment: Experiment
    id: str
    view: View
    _first_window: int = 0
    _windows_seen: int = 0
    _is_well: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.experiment.truth["failure_mode"])

    async def play(self) -> DrillResult:
        """Play it. A drill that cannot be carried out is recorded as aborted, with the reason."""
        try:
            await self._play()
        except NotPossible as error:
            return await self._give_up(str(error))
        except asyncio.CancelledError:
            await self._give_up("interrupted")
            raise
        timeline = await self.stage.scoring.timeline(self.id)
        scorecard = await self.stage.scoring.scorecard(self.id)
        self.view.scored(self.name, scorecard)
        return self._result(scorecard.verdict, scorecard.why, scorecard, timeline)

    async def _play(self) -> None:
        chaos = await start_chaos(self.experiment, self._chaos_env(), self.stage.run.folder / self.id)
        try:
            self.view.phase(self.name, "waiting for a steady state")
            baseline = await self._capture_baseline()
            await chaos.wait_until_steady()
            await self._open(baseline)
            await self._arm_watchdog()
            async with together() as group:
                showing = group.create_task(self._show_events())
                recording = group.create_task(self._record(baseline.p95_ms))
                responding = group.create_task(self._respond(baseline))
                watching = group.create_task(self._watch(baseline))
                self.view.phase(self.name, "injecting")
                await chaos.inject(INJECTION_LIMIT_S)
                self.view.phase(self.name, "incident")
                await self._wait_for_the_end(responding)
                responding.cancel()
                watching.cancel()
                self.view.phase(self.name, "taking the fault back")
                await self._look_at_recovery(chaos, baseline)
                recording.cancel()
                self.stage.feed.check_schedule(self._first_window)
                await self.stage.scoring.end_drill(self.id, datetime.now(UTC))
                await asyncio.sleep(EVENT_PACE_S)
                showing.cancel()
        finally:
            await chaos.child.stop()
            await self._clear_up()

    async def _capture_baseline(self) -> Baseline:
        """The last windows before the injection, all quiet; waits until the app and the alerts are."""
        stage, loop = self.stage, asyncio.get_running_loop()
        deadline = loop.time() + STEADY_LIMIT_S
        first = len(stage.feed.windows)
        while True:
            window = await stage.feed.after(len(stage.feed.windows))
            self.view.window(self.name, Window.model_validate(window))
            recent = stage.feed.windows[first:][-BASELINE_WINDOWS:]
            firing = await stage.oracle.firing()
            waiting = await asyncio.to_thread(stage.kube.unready)
            if (
                len(recent) == BASELINE_WINDOWS
                and all(is_quiet(w, stage.plan.users) for w in recent)
                and not firing
                and not waiting
            ):
                return await stage.oracle.capture(recent, longest_for(stage.plan.target))
            if loop.time() > deadline:
                raise NotPossible(
                    f"no steady state within {STEADY_LIMIT_S:g} s: firing {firing or 'nothing'}, not ready "
                    f"{waiting or 'nothing'}, {window['failures']} of {window['requests']} last requests failed"
                )

    async def _open(self, baseline: Baseline) -> None:
        plan = self.stage.plan
        await self.stage.scoring.open_drill(
            {
                "id": self.id,
                "playbook": plan.playbook.name,
                "playbook_text": plan.playbook_text,
                "clock": plan.clock.factor,
                "experiment": self.experiment.name,
                "responder": plan.responder,
                "started_at": instant(),
                "truth": self.experiment.truth,
                "game_day": self.stage.run.id,
            }
        )
        await self.stage.scoring.post_event(self.id, "drill.started", "runner", {"experiment": self.experiment.name})
        await self.stage.scoring.put_baseline(self.id, baseline.as_json())
        self._windows_seen = self._first_window = len(self.stage.feed.windows)

    async def _arm_watchdog(self) -> None:
        stage = self.stage
        await stage.guard.order(
            drill={
                "id": self.id,
                "experiment": str(self.experiment.path),
                "env": self._chaos_env(),
                "kubeconfig": str(stage.kube.kubeconfig),
                "context": stage.plan.options.context,
                "namespace": stage.kube.namespace,
                "belongings": stage.snapshot,
            }
        )

    async def _record(self, usual_p95_ms: float | None) -> None:
        """Every load window, and each crossing of the thresholds, on the timeline."""
        limits = self.stage.plan.playbook.verification
        impact = ImpactWatch(Thresholds(limits.error_share_above.value, limits.p95_limit_ms(usual_p95_ms)))
        while True:
            window = await self.stage.feed.after(self._windows_seen)
            self._windows_seen += 1
            self.view.window(self.name, Window.model_validate(window))
            await self.stage.scoring.post_impact(self.id, [window])
            if crossing := impact.see(window):
                await self._post_crossing(crossing)

    async def _post_crossing(self, crossing: Crossing) -> None:
        window = crossing.window
        share = error_share(window) if window["requests"] else 1.0
        data = {"reason": crossing.reason, "error_share": round(share, 4), "p95_ms": window["p95_ms"]}
        at = datetime.fromisoformat(window["at"])
        await self.stage.scoring.post_event(self.id, crossing.kind, "load", data, at)

    async def _watch(self, baseline: Baseline) -> None:
        """The oracle's look, once for each load window."""
        while True:
            await self.stage.feed.after(len(self.stage.feed.windows))
            at, conditions = datetime.now(UTC), await self._look(baseline)
            await self._post_check("mitigated", conditions, at)
            self._is_well = all(condition["ok"] for condition in conditions)

    async def _look(self, baseline: Baseline) -> list[Condition]:
        recent = self.stage.feed.windows
        return await self.stage.oracle.check(baseline, self.experiment.truth["alerts"], recent)

    async def _post_check(self, phase: str, conditions: list[Condition], at: datetime) -> None:
        data = {"phase": phase, "ok": all(c["ok"] for c in conditions), "conditions": conditions}
        await self.stage.scoring.post_event(self.id, "oracle.checked", "oracle", data, at)

    async def _respond(self, baseline: Baseline) -> None:
        """The responder in its seat; with nobody there, this waits for ever."""
        plan = self.stage.plan
        if plan.responder == "none":
            await asyncio.Event().wait()
        client = ScoringClient(self.stage.scoring.url, self.stage.run.tokens.responder)
        dashboard = Dashboard(self.stage.prometheus_url, plan.clock.wall(READING_WINDOW_S))
        try:
            await Autopilot(
                pager=Pager(client, self.id),
                dashboard=dashboard,
                shell=self.stage.shell,
                playbook=plan.playbook,
                clock=plan.clock,
                normal=Readings(baseline.requests_per_s, baseline.error_share, baseline.p95_ms),
            ).respond()
        finally:
            await client.close()
            await dashboard.close()

    async def _wait_for_the_end(self, responding: asyncio.Task[None]) -> None:
        """Until the responder is done, or nothing that could still come would be in time."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not responding.done() and (left_s := began + self._limit_s() - loop.time()) > 0:
            await asyncio.wait([responding], timeout=min(left_s, 1.0))

    def _limit_s(self) -> float:
        """Wall seconds that a drill lasts at most after the injection.

        With nobody there: until mitigation is missed for certain (its SLA and one verification window). With a
        responder: twice the mitigation SLA, where its grade reaches 0, and two windows to verify.
        """
        plan, level = self.stage.plan, self._level()
        times = 1 if plan.responder == "none" else 2
        return plan.clock.wall(times * (level.sla.mitigate.value + plan.playbook.verification.window.value))

    def _level(self) -> Level:
        """The truth's level; where it names none for this playbook, that of what users met so far, else the gravest."""
        playbook = self.stage.plan.playbook
        told = self.experiment.truth["severity"].get(playbook.name)
        return playbook.level(told or self._met_by_users() or playbook.levels[0].id)

    def _met_by_users(self) -> str | None:
        """The gravest level that two load windows since the drill began agree on."""
        playbook, component = self.stage.plan.playbook, self.experiment.truth["component"]
        shown = [
            level_for(Seen(error_share(window), window["p95_ms"], component), playbook)
            for window in self.stage.feed.windows[self._first_window :]
        ]
        return playbook.graver(*(level for level in shown if shown.count(level) >= 2))

    async def _look_at_recovery(self, chaos: ChaosRun, baseline: Baseline) -> None:
        """Recovered: an instance restarted still serves, and the cause is gone by the experiment's own hypothesis."""
        at = datetime.now(UTC)
        restart = await self._restart_one()
        deviation = await chaos.release()
        cause = {"name": "cause_gone", "ok": deviation is None, "seen": deviation or "the steady state holds"}
        await self._post_check("recovered", [*await self._look(baseline), cause, restart], at)

    async def _restart_one(self) -> Condition:
        stage = self.stage
        if not self._is_well:
            return {"name": "restart_serves", "ok": False, "seen": "not tried, for the service was not mitigated"}
        kube, selector = stage.kube, stage.plan.target.selector
        before = await asyncio.to_thread(kube.ready_pods, selector)
        name = min(before, default="")
        if not name:
            return {"name": "restart_serves", "ok": False, "seen": "no instance was ready to be restarted"}
        await asyncio.to_thread(kube.delete_pod, name)
        try:
            async with asyncio.timeout(RESTART_LIMIT_S):
                while not await self._is_whole_without(name, len(before)):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return {"name": "restart_serves", "ok": False, "seen": f"{name} was replaced by none that is ready"}
        return {"name": "restart_serves", "ok": True, "seen": f"{name} was replaced by one that is ready"}

    async def _is_whole_without(self, pod: str, count: int) -> bool:
        kube = self.stage.kube
        ready = await asyncio.to_thread(kube.ready_pods, self.stage.plan.target.selector)
        waiting = await asyncio.to_thread(kube.unready)
        return len(ready - {pod}) >= count and not waiting

    async def _clear_up(self) -> None:
        """Leave the app as it was found, so that the next drill starts where this one did."""
        stage = self.stage
        await asyncio.to_thread(stage.kube.restore, stage.snapshot)
        await stage.guard.order(drill=None)

    async def _give_up(self, reason: str) -> DrillResult:
        with suppress(NotPossible):
            await self.stage.scoring.post_event(self.id, "drill.aborted", "runner", {"reason": reason})
            await self.stage.scoring.end_drill(self.id, datetime.now(UTC))
        self.view.phase(self.name, f"could not be carried out: {reason}")
        return self._result("aborted", reason)

    def _result(
        self, verdict: Verdict, reason: str, scorecard: Scorecard | None = None, timeline: Timeline | None = None
    ) -> DrillResult:
        return DrillResult(
            title=self.experiment.title,
            failure_mode=self.experiment.truth["failure_mode"],
            experiment=self.experiment.name,
            verdict=verdict,
            reason=reason,
            scorecard=scorecard,
            timeline=timeline,
        )

    async def _show_events(self) -> None:
        after = 0
        clocks = SlaClocks(self.view, self.name, self._level(), tuple(self.experiment.truth["alerts"]))
        while True:
            events, after = await self.stage.scoring.events(self.id, after)
            for event in map(Event.model_validate, events):
                self.view.event(self.name, event)
                clocks.see(event)
            await asyncio.sleep(EVENT_PACE_S)

    def _chaos_env(self) -> dict[str, str]:
        return {
            **self.stage.chaos_env,
            "GAMEDAY_SCORING_URL": self.stage.scoring.url,
            "GAMEDAY_INGEST_TOKEN": self.stage.run.tokens.ingest,
            "GAMEDAY_DRILL": self.id,
            "GAMEDAY_LONGEST_LIFE_S": f"{2 * self._limit_s() + INJECTION_LIMIT_S:g}",
        }
