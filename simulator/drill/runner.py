"""One drill from baseline to scorecard: the story, step by step."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scoring.scorecard import Scorecard
from scoring.timeline import Event, Timeline
from simulator.drill import halts, phases
from simulator.drill.app.watching import for_s
from simulator.drill.arming import arm, disarm
from simulator.drill.baseline import capture_baseline
from simulator.drill.false_cures import FalseCure
from simulator.drill.injection import INJECTION_LIMIT_S, Injection, start_injection
from simulator.drill.lasting import Limits
from simulator.drill.oracle import Baseline
from simulator.drill.pace import Figures
from simulator.drill.people.session import Session
from simulator.drill.recovery import look_at_recovery
from simulator.drill.responding import give_in, respond_well
from simulator.drill.safeguards.watching import Watch, start_watch
from simulator.drill.safeguards.written import Guards, guards_of_experiment
from simulator.drill.scenario import Scenario
from simulator.drill.scoring_client import instant
from simulator.drill.sla_clocks import SlaClocks
from simulator.drill.stage import Stage
from simulator.drill.together import together, unless
from simulator.drill.witness import Witness
from simulator.errors import NotPossible, Stopped
from simulator.report.models import DrillResult, Verdict
from simulator.report.view import View

EVENT_PACE_S = 0.2


@dataclass
class Drill:
    """One drill in progress."""

    stage: Stage
    scenario: Scenario
    id: str
    view: View
    act: FalseCure | None = None
    """What is done in place of a response, to see that it does not count."""
    session: Session | None = None
    """The people who respond, if people do."""
    refused_by: tuple[str, ...] = field(default=(), init=False)
    is_stopped: bool = field(default=False, init=False)
    """Whether it was ended on purpose, from outside of it."""
    has_begun: bool = field(default=False, init=False)
    """Whether there is something to tell of it: people were ready, and the fault was to come."""
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        plan = self.stage.plan
        own = Limits(self.scenario, plan.playbook, plan.clock, is_answered=self._responder != "none")
        self.limits = self.session.limits if self.session else own

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
        finally:
            if self.session is not None:
                self.session.rise()
        result = await self.result()
        assert result.scorecard is not None
        self.view.scored(self.name, result.scorecard)
        return result

    async def result(self) -> DrillResult:
        """What came of a drill that was played to its end, by the record as it is now."""
        timeline = await self.stage.scoring.timeline(self.id)
        scorecard = await self.stage.scoring.scorecard(self.id)
        return self._result(scorecard.verdict, scorecard.why, scorecard, timeline)

    async def _play(self) -> None:
        stage, folder = self.stage, self.stage.run.folder / self.id
        scenario, env = self.scenario, self._chaos_env()
        injection = await start_injection(scenario.injected, env, folder, scenario.held)
        try:
            safeguards = await start_watch([*stage.plan.guards, *self._own_guards()], env, folder)
            try:
                await unless(self._play_guarded(injection, safeguards), *stage.stops())
            finally:
                await safeguards.stop()
        finally:
            is_taken_back = await injection.stop()
            await disarm(self.stage, self.id, is_taken_back=is_taken_back)

    async def _play_guarded(self, injection: Injection, safeguards: Watch) -> None:
        baseline = await self._get_ready(injection, safeguards)
        await arm(self.stage, self.id, self.scenario, self._chaos_env())
        at_first = await self.stage.pace.read()
        witness = Witness(self.stage, self.id, self.scenario.alerts, baseline)
        self.limits.windows = witness.windows
        async with together() as group:
            guarding = group.create_task(safeguards.watch())
            showing = group.create_task(self._show_events())
            recording = group.create_task(witness.record(lambda window: self.view.window(self.name, window)))
            steering = group.create_task(self._steer(injection, witness))
            responding = group.create_task(self._respond(baseline, witness, injection))
            watching = group.create_task(witness.watch())
            await self._incident(injection, responding)
            responding.cancel()
            steering.cancel()
            watching.cancel()
            if not self.scenario.is_control:
                self.view.phase(self.name, phases.TAKING_BACK)
                await look_at_recovery(self.stage, injection, witness, recording)
            recording.cancel()
            guarding.cancel()
            await self._check_schedule(witness.first_window, at_first)
            await self.stage.scoring.end_drill(self.id, datetime.now(UTC))
            await asyncio.sleep(EVENT_PACE_S)
            showing.cancel()

    async def _get_ready(self, injection: Injection, safeguards: Watch) -> Baseline:
        """Steady and open. People sit down in between, and what is normal is what is when they begin."""
        self.view.phase(self.name, phases.STEADY)
        baseline = await self._capture_baseline()
        if self.session is not None:
            await self._open()
            await self.session.gather()
            baseline = await self._capture_baseline()
        await injection.wait_until_steady()
        await safeguards.wait_until_clear()
        if self.session is None:
            await self._open()
        await self.stage.scoring.put_baseline(self.id, baseline.as_json())
        return baseline

    async def _capture_baseline(self) -> Baseline:
        return await capture_baseline(self.stage, lambda window: self.view.window(self.name, window))

    async def _incident(self, injection: Injection, responding: asyncio.Task[None]) -> None:
        """Inject, and wait until the responder is done, or nothing that could still come would be in time."""
        self.has_begun = True
        if self.scenario.is_control:
            self.view.phase(self.name, phases.NOTHING_INJECTED)
            lasts_s = self.scenario.control_s(for_s(self.stage.plan.target))
            await self.limits.let_pass(lasts_s, lambda: self.session is not None and self.session.course.is_ended)
            return
        await self.limits.until_running()
        self.view.phase(self.name, phases.INJECTING)
        await injection.inject()
        self.view.phase(self.name, phases.INCIDENT)
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
        since.check(self.stage.plan.clock.factor)

    async def _open(self) -> None:
        plan, people = self.stage.plan, self.stage.plan.people
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
                "team": people.team if people else None,
                "people": list(people.names) if people else [],
                "not_assessed": list(plan.not_assessed),
            }
        )
        await self.stage.scoring.post_event(self.id, "drill.started", "runner", {"experiment": self.scenario.name})

    def _own_guards(self) -> list[Guards]:
        return [guards_of_experiment(experiment.path) for experiment in self.scenario.prepared]

    async def _respond(self, baseline: Baseline, witness: Witness, injection: Injection) -> None:
        if self.session is not None:
            await self.session.until_over()
        elif self.act is not None:
            await injection.was_seen.wait()  # one that comes before the effect would hide it
            self.refused_by = await give_in(self.act, self.stage, self.id, self.scenario, witness)
        elif self._responder == "none":
            await asyncio.Event().wait()
        else:
            await respond_well(self.stage, self.id, baseline)

    async def _steer(self, injection: Injection, witness: Witness) -> None:
        if self.session is not None:
            await self.session.steer(injection, witness)

    async def _give_up(self, reason: str) -> DrillResult:
        with suppress(NotPossible):
            if self.session is None or self.session.course.aborted is None:
                await self.stage.scoring.post_event(self.id, "drill.aborted", "runner", {"reason": reason})
            await self.stage.scoring.end_drill(self.id, datetime.now(UTC))
        self.view.phase(self.name, f"could not be carried out: {reason}")
        if self.session is not None and self.has_begun:  # people want to read what they did all the same
            with suppress(NotPossible):
                lived = await self.result()
                return self._result("aborted", reason, lived.scorecard, lived.timeline)
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
        life_s = self.session.longest_life_s if self.session else 2 * self.limits.longest_s()
        wait = {"GAMEDAY_WAIT_S": f"{self.session.longest_wait_s:g}"} if self.session else {}
        return {
            **self.stage.chaos_env,
            **wait,
            "GAMEDAY_SCORING_URL": self.stage.scoring.url,
            "GAMEDAY_INGEST_TOKEN": self.stage.run.tokens.ingest,
            "GAMEDAY_DRILL": self.id,
            "GAMEDAY_CLOCK": f"{self.stage.plan.clock.factor:g}",
            "GAMEDAY_LONGEST_LIFE_S": f"{life_s + INJECTION_LIMIT_S:g}",
        }
