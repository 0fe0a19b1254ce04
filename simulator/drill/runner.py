"""One drill from baseline to scorecard: the story, step by step."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Timeline
from simulator.drill import halts
from simulator.drill.app.watching import for_s
from simulator.drill.arming import arm, disarm
from simulator.drill.autopilot import Autopilot
from simulator.drill.baseline import capture_baseline
from simulator.drill.false_cures import FalseCure
from simulator.drill.injection import INJECTION_LIMIT_S, Injection, start_injection
from simulator.drill.lasting import Limits
from simulator.drill.oracle import Baseline
from simulator.drill.pace import Figures
from simulator.drill.pager import Pager
from simulator.drill.readings import Dashboard, Readings
from simulator.drill.recovery import look_at_recovery
from simulator.drill.safeguards.watching import Watch, start_watch
from simulator.drill.safeguards.written import Guards, guards_of_experiment
from simulator.drill.scenario import Scenario
from simulator.drill.scoring_client import ScoringClient, instant
from simulator.drill.sla_clocks import SlaClocks
from simulator.drill.stage import Stage
from simulator.drill.tempted import Tempted
from simulator.drill.together import together, unless
from simulator.drill.witness import Witness
from simulator.errors import NotPossible, Stopped
from simulator.report.models import DrillResult, Verdict
from simulator.report.view import View

EVENT_PACE_S = 0.2
READING_WINDOW_S = 180.0
"""Drill seconds over which a responder reads the dashboard."""


@dataclass
class Drill:
    """One drill in progress."""

    stage: Stage
    scenario: Scenario
    id: str
    view: View
    act: FalseCure | None = None
    """What is done in place of a response, to see that it does not count."""
    refused_by: tuple[str, ...] = field(default=(), init=False)
    is_stopped: bool = field(default=False, init=False)
    """Whether it was ended on purpose, from outside of it."""
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        plan = self.stage.plan
        self.limits = Limits(self.scenario, plan.playbook, plan.clock, is_answered=self._responder != "none")

    @property
    def name(self) -> str:
        """What people call it."""
        return self.scenario.label

    @property
    def _responder(self) -> str:
        return self.act.name if self.act else self.stage.plan.responder

    async def play(self) -> DrillResult:
        """Play it. A drill that cannot be carried out, or is stopped, is recorded as aborted, with the reason."""
        try:
            halts.check_machine()
            await self._play()
        except NotPossible as error:
            self.is_stopped = isinstance(error, Stopped)
            return await self._give_up(str(error))
        except asyncio.CancelledError:
            await self._give_up("interrupted")
            raise
        timeline = await self.stage.scoring.timeline(self.id)
        scorecard = await self.stage.scoring.scorecard(self.id)
        self.view.scored(self.name, scorecard)
        return self._result(scorecard.verdict, scorecard.why, scorecard, timeline)

    async def _play(self) -> None:
        stage, folder = self.stage, self.stage.run.folder / self.id
        injection = await start_injection(self.scenario.injected, self._chaos_env(), folder)
        try:
            safeguards = await start_watch([*stage.plan.guards, *self._own_guards()], self._chaos_env(), folder)
            try:
                await unless(self._play_guarded(injection, safeguards), *stage.stops())
            finally:
                await safeguards.stop()
        finally:
            is_taken_back = await injection.stop()
            await disarm(self.stage, self.id, is_taken_back=is_taken_back)

    async def _play_guarded(self, injection: Injection, safeguards: Watch) -> None:
        self.view.phase(self.name, "waiting for a steady state")
        baseline = await capture_baseline(self.stage, lambda window: self.view.window(self.name, window))
        await injection.wait_until_steady()
        await safeguards.wait_until_clear()
        await self._open(baseline)
        await arm(self.stage, self.id, self.scenario, self._chaos_env())
        at_first = await self.stage.pace.read()
        witness = Witness(self.stage, self.id, self.scenario.alerts, baseline)
        self.limits.windows = witness.windows
        async with together() as group:
            guarding = group.create_task(safeguards.watch())
            showing = group.create_task(self._show_events())
            recording = group.create_task(witness.record(lambda window: self.view.window(self.name, window)))
            responding = group.create_task(self._respond(baseline, witness))
            watching = group.create_task(witness.watch())
            await self._incident(injection, responding)
            responding.cancel()
            watching.cancel()
            if not self.scenario.is_control:
                self.view.phase(self.name, "taking the fault back")
                await look_at_recovery(self.stage, injection, witness, recording)
            recording.cancel()
            guarding.cancel()
            await self._check_schedule(witness.first_window, at_first)
            await self.stage.scoring.end_drill(self.id, datetime.now(UTC))
            await asyncio.sleep(EVENT_PACE_S)
            showing.cancel()

    async def _incident(self, injection: Injection, responding: asyncio.Task[None]) -> None:
        """Inject, and wait until the responder is done, or nothing that could still come would be in time."""
        clock, target = self.stage.plan.clock, self.stage.plan.target
        if self.scenario.is_control:
            self.view.phase(self.name, "nothing is injected")
            await asyncio.sleep(clock.wall(self.scenario.control_s(for_s(target))))
            return
        self.view.phase(self.name, "injecting")
        await injection.inject()
        self.view.phase(self.name, "incident")
        async with together() as group:
            holding = group.create_task(injection.wait_until_whole())
            lasting = group.create_task(injection.watch())
            await self.limits.wait_for(responding)
            await holding
            lasting.cancel()

    async def _check_schedule(self, first_window: int, at_first: Figures) -> None:
        """Raises `NotPossible` if the machine could not keep up: what was measured then says little of the response."""
        since = (await self.stage.pace.read()).since(at_first)
        self.view.phase(self.name, f"the machine kept this pace: {since}")
        self.stage.feed.check_schedule(first_window)
        since.check()

    async def _open(self, baseline: Baseline) -> None:
        plan = self.stage.plan
        await self.stage.scoring.open_drill(
            {
                "id": self.id,
                "playbook": plan.playbook.name,
                "playbook_text": plan.playbook_text,
                "clock": plan.clock.factor,
                "experiment": self.scenario.name,
                "responder": self._responder,
                "started_at": instant(),
                "truth": self.scenario.truth(plan.playbook),
                "game_day": self.stage.run.id,
                "not_assessed": list(plan.not_assessed),
            }
        )
        await self.stage.scoring.post_event(self.id, "drill.started", "runner", {"experiment": self.scenario.name})
        await self.stage.scoring.put_baseline(self.id, baseline.as_json())

    def _own_guards(self) -> list[Guards]:
        return [guards_of_experiment(experiment.path) for experiment in self.scenario.injected]

    async def _respond(self, baseline: Baseline, witness: Witness) -> None:
        if self._responder == "none":
            await asyncio.Event().wait()
        client = ScoringClient(self.stage.scoring.url, self.stage.run.tokens.responder)
        try:
            pager = Pager(client, self.id)
            if self.act is None:
                await self._respond_well(baseline, pager)
            else:
                tempted = Tempted(self.act, self.scenario, self.stage, witness, pager)
                await tempted.respond()
                self.refused_by = tempted.refused_by
        finally:
            await client.close()

    async def _respond_well(self, baseline: Baseline, pager: Pager) -> None:
        plan = self.stage.plan
        dashboard = Dashboard(self.stage.prometheus_url, plan.clock.wall(READING_WINDOW_S))
        try:
            await Autopilot(
                pager=pager,
                dashboard=dashboard,
                shell=self.stage.shell,
                playbook=plan.playbook,
                clock=plan.clock,
                normal=Readings(baseline.requests_per_s, baseline.error_share, baseline.p95_ms),
            ).respond()
        finally:
            await dashboard.close()

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
            title=self.scenario.title,
            failure_mode=self.scenario.label,
            experiment=self.scenario.name,
            verdict=verdict,
            reason=reason,
            scorecard=scorecard,
            timeline=timeline,
        )

    async def _show_events(self) -> None:
        after = 0
        clocks = SlaClocks(self.view, self.name, self.limits.level(), self.scenario.alerts)
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
            "GAMEDAY_CLOCK": f"{self.stage.plan.clock.factor:g}",
            "GAMEDAY_LONGEST_LIFE_S": f"{2 * self.limits.longest_s() + INJECTION_LIMIT_S:g}",
        }
