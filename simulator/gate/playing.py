"""A suite played as a gate: each drill until its verdict can be told, then the sum, kept and written."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from simulator.drill.app.watching import known_alerts, rule_files
from simulator.drill.documents import shown
from simulator.drill.game_day import forget_old_runs
from simulator.drill.in_turn import Entry, Played, play_in_turn
from simulator.drill.matrix import LOG_WIDTH
from simulator.drill.monitoring import wall_intervals_s
from simulator.drill.plan import Plan
from simulator.drill.suite import SuiteFile
from simulator.errors import Exit
from simulator.gate.commands import next_command
from simulator.gate.judging import Judgement, Terms, judge
from simulator.gate.kept import BRANCH, LAST, Alike, Baseline, keep, newest, read_baseline
from simulator.gate.places import begin_at
from simulator.gate.resolution import Grain
from simulator.gate.revision import revision_of, target_branch
from simulator.load.windows import WINDOW_S
from simulator.report.gate import Gate, GatedDrill, Outcome, Place, Requirement
from simulator.report.gate_table import gate_report
from simulator.report.lines import Loudness, open_view
from simulator.report.models import DrillResult, this_machine
from simulator.report.pipeline.annotations import annotations
from simulator.report.pipeline.files import write_gate
from simulator.report.publish import write_json
from simulator.report.view import View

_EXITS: Mapping[Outcome, Exit] = {
    "passed": Exit.OK,
    "failed": Exit.SLA_MISSED,
    "inconclusive": Exit.NOT_POSSIBLE,
}


@dataclass
class GateDrill:
    """A drill of the gate with its attempts so far."""

    entry: Entry
    terms: Terms
    attempts: list[DrillResult] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What people call it."""
        return self.entry.scenario.label

    def judged(self) -> Judgement:
        """What follows from its attempts."""
        return judge(self.attempts, self.terms)


async def play_gate(file: SuiteFile, plan: Plan, baseline: str | None, loudness: Loudness) -> Exit:
    """Play the suite's `plan`, show and keep the result. Raises `BadInput` for a baseline that cannot be used."""
    started_at = datetime.now(UTC)
    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    before = find_baseline(baseline, alike(file, plan), plan.root, console)
    drills = drills_of(file, plan, before)
    labels = list(dict.fromkeys(drill.label for drill in drills))
    with open_view(labels, clock=plan.clock.factor, title=plan.title, console=console, loudness=loudness) as view:

        def over(played: Played) -> bool:
            drill = next(each for each in drills if each.entry is played.entry)
            drill.attempts.append(played.result)
            return _tell(drill, view)

        run = await play_in_turn(plan, [drill.entry for drill in drills], view, over)
    gate = gate_of(file, plan, drills, before, started_at)
    keep(gate, plan.root)
    publish(gate, plan, run, console)
    forget_old_runs(plan.root)
    return Exit(gate.exit_status)


def alike(file: SuiteFile, plan: Plan) -> Alike:
    """What an earlier result has to have in common with this one."""
    return Alike(plan.target.name, file.name, plan.playbook.name, plan.responder, plan.clock.factor)


def drills_of(file: SuiteFile, plan: Plan, before: Baseline | None) -> list[GateDrill]:
    """Each drill of the suite with what it is judged by."""
    grain, alerts = grain_of(plan), set(known_alerts(plan.target))
    known = {(drill.experiment, drill.failure_mode): drill for drill in before.gate.drills} if before else {}
    return [
        GateDrill(
            Entry(scenario),
            Terms(
                budgets=file.suite.budgets.with_own(drill.budgets),
                most=file.suite.repetitions.most,
                grain=grain,
                is_control=scenario.is_control,
                is_compared=before is not None,
                before=known.get((scenario.name, scenario.label)),
                unknown_alerts=tuple(name for name in scenario.alerts if name not in alerts),
            ),
        )
        for scenario, drill in zip(plan.scenarios, file.suite.experiments, strict=True)
    ]


def grain_of(plan: Plan) -> Grain:
    """How finely drills see under this plan's clock."""
    intervals_s = wall_intervals_s(plan.target, plan.clock)
    return Grain(plan.clock.factor, WINDOW_S, intervals_s["scrape_interval"], intervals_s["evaluation_interval"])


def find_baseline(name: str | None, played: Alike, root: Path, console: Console) -> Baseline | None:
    """What `--baseline` names. That there is no earlier result yet is told, and no error. Raises `BadInput`."""
    if name is None:
        return None
    if name not in (LAST, BRANCH):
        return read_baseline(Path(name), played)
    branch = target_branch(root, os.environ) if name == BRANCH else None
    found = newest(root, played, name, branch=branch) if name == LAST or branch else None
    if found is None:
        of = f" of branch '{branch}'" if branch else ""
        console.print(
            f"no baseline: there is no earlier result{of} of '{played.suite}' with this playbook, responder and "
            "clock; this one is kept",
            soft_wrap=True,
            highlight=False,
        )
    return found


def gate_of(
    file: SuiteFile, plan: Plan, drills: list[GateDrill], before: Baseline | None, started_at: datetime
) -> Gate:
    """The result, as it is published; it ends now."""
    gated = tuple(_gated(drill, plan, plan.options.variant or file.suite.variant) for drill in drills)
    outcomes = {drill.outcome for drill in gated}
    outcome: Outcome = "failed" if "failed" in outcomes else "inconclusive" if "inconclusive" in outcomes else "passed"
    return Gate(
        app=plan.target.name,
        suite=file.name,
        title=plan.title,
        outcome=outcome,
        playbook=plan.playbook.name,
        responder=plan.responder,
        clock=plan.clock.factor,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        machine=this_machine(),
        revision=revision_of(plan.root, os.environ),
        baseline=before.compared_with if before else None,
        suite_at=Place(path=shown(file.path), line=1),
        drills=gated,
        exit_status=int(_EXITS[outcome]),
    )


def _gated(drill: GateDrill, plan: Plan, variant: str | None) -> GatedDrill:
    scenario, judged = drill.entry.scenario, drill.judged()
    is_judged = any(attempt.verdict == "scored" for attempt in drill.attempts)
    return GatedDrill(
        failure_mode=drill.label,
        experiment=scenario.name,
        title=scenario.title,
        outcome=judged.outcome,
        why=judged.why,
        next_command=next_command(scenario, plan, variant, is_judged=is_judged),
        requirements=tuple(_placed(each, drill, plan) for each in judged.requirements),
        attempts=tuple(drill.attempts),
    )


def _placed(requirement: Requirement, drill: GateDrill, plan: Plan) -> Requirement:
    """With where the mend of a missed one begins."""
    if requirement.verdict != "missed":
        return requirement
    place = begin_at(requirement.id, drill.entry.scenario, rule_files(plan.target), drill.attempts)
    return requirement.model_copy(update={"begin_at": place})


def _tell(drill: GateDrill, view: View) -> bool:
    """Tell what came of the last attempt; whether there is to be another."""
    judged, number = drill.judged(), len(drill.attempts)
    if judged.is_open:
        view.phase(drill.label, f"attempt {number} of {drill.terms.most} at the most decides nothing: {judged.why}")
    else:
        view.phase(drill.label, f"{judged.outcome}: {judged.why}")
    return judged.is_open


def publish(gate: Gate, plan: Plan, run: str, console: Console) -> None:
    """Show it, and write it wherever it was asked for. Raises `NotPossible` where it cannot be written."""
    console.print(gate_report(gate))
    for line in annotations(gate, os.environ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    paths = write_gate(gate, plan.options.report or plan.root / ".gameday" / "reports" / (run or "nothing-played"))
    if plan.options.json is not None:
        write_json(gate, plan.options.json)
    console.print(f"report: {shown(paths.html)}", markup=False, highlight=False, soft_wrap=True)
