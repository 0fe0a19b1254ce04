"""The matrix: every failure mode played once, whatever became of the others, and what they say together."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from rich.console import Console

from simulator.drill.catalog import shipped_experiments
from simulator.drill.game_day import game_day_of, write_game_day
from simulator.drill.monitoring import for_s
from simulator.drill.plan import Plan
from simulator.drill.runner import Drill
from simulator.drill.scenario import Scenario
from simulator.drill.stage import set_stage
from simulator.errors import BadInput, Exit, NotPossible
from simulator.report.matrix import Matrix, MatrixRow, Purpose, median_beyond_for, row_of
from simulator.report.matrix_table import matrix_report, row_line
from simulator.report.models import DrillResult, this_machine
from simulator.report.publish import write_json
from simulator.report.quiet import open_quiet_view
from simulator.report.view import View

Over = Callable[[Scenario, DrillResult, float], None]
"""Told of a drill that is over: what was played, what came of it, and the wall seconds that it took."""


def matrix_names(names: Sequence[str], families: Sequence[str]) -> list[str]:
    """The experiments of a matrix: those named, else all shipped, of the given families. Raises `BadInput`."""
    shipped = [name for name, _ in shipped_experiments()]
    known = sorted({name.partition("/")[0] for name in shipped})
    for family in families:
        if family not in known:
            raise BadInput(f"--family: '{family}' is none; there are {', '.join(known)}")
    return [name for name in names or shipped if not families or name.partition("/")[0] in families]


async def play_matrix(plan: Plan) -> Exit:
    """Play the plan's scenarios and print the table. OK only if every drill shows what it is for."""
    console, started_at, alert_for_s = Console(), datetime.now(UTC), for_s(plan.target)
    rows: list[MatrixRow] = []
    results: list[DrillResult] = []
    purpose = _purpose(plan)
    labels = [scenario.label for scenario in plan.scenarios]
    with open_quiet_view(labels, clock=plan.clock.factor, title=plan.title, console=console) as view:

        def note(scenario: Scenario, result: DrillResult, wall_s: float) -> None:
            family = scenario.experiments[0].family
            rows.append(row_of(result, family=family, purpose=purpose, for_s=alert_for_s, wall_s=wall_s))
            results.append(result)
            view.told(row_line(rows[-1], len(rows), len(labels)))

        run = await _play_all(plan, view, note)
    matrix = _sum_up(plan, rows, started_at)
    console.print(matrix_report(matrix))
    write_game_day(plan, game_day_of(plan, tuple(results), started_at, Exit(matrix.exit_status)), run, console)
    if plan.options.json is not None:
        write_json(matrix, plan.options.json)
    return Exit(matrix.exit_status)


def _purpose(plan: Plan) -> Purpose:
    if plan.options.control:
        return "control"
    return "missed" if plan.responder == "none" else "mitigated"


async def _play_all(plan: Plan, view: View, over: Over) -> str:
    """One stage for drills that need a cluster of the same shape; returns the id of the first one's run.

    After a drill that could not be carried out the rest gets a new stage: what that one left behind is not theirs.
    """
    run = ""
    number = 0
    for _, group in groupby(sorted(plan.scenarios, key=_nodes), key=_nodes):
        left = list(group)
        while left:
            try:
                async with set_stage(replace(plan, scenarios=tuple(left)), lambda text: view.phase("", text)) as stage:
                    run = run or stage.run.id
                    is_sound = True
                    while left and is_sound:
                        number, scenario, began = number + 1, left.pop(0), time.monotonic()
                        result = await Drill(stage, scenario, f"{stage.run.id}-{number}", view).play()
                        over(scenario, result, time.monotonic() - began)
                        is_sound = result.verdict != "aborted"
            except NotPossible as error:
                for scenario in left:
                    over(scenario, _not_played(scenario, str(error)), 0.0)
                left = []
    return run


def _nodes(scenario: Scenario) -> int:
    return max(experiment.nodes for experiment in scenario.experiments)


def _not_played(scenario: Scenario, reason: str) -> DrillResult:
    return DrillResult(
        title=scenario.title,
        failure_mode=scenario.label,
        experiment=scenario.name,
        verdict="aborted",
        reason=reason,
    )


def _sum_up(plan: Plan, rows: Sequence[MatrixRow], started_at: datetime) -> Matrix:
    rows = sorted(rows, key=lambda row: (row.family, row.failure_mode))
    passed = sum(row.passed for row in rows)
    undone = any(row.verdict != "scored" for row in rows)
    status = Exit.OK if passed == len(rows) else Exit.NOT_POSSIBLE if undone else Exit.SLA_MISSED
    return Matrix(
        playbook=plan.playbook.name,
        responder=plan.responder,
        clock=plan.clock.factor,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        machine=this_machine(),
        rows=tuple(rows),
        injected=sum(row.injected for row in rows),
        detected=sum(row.detected_by is not None for row in rows),
        mitigated=sum(row.mitigated for row in rows),
        passed=passed,
        median_beyond_for_seconds=median_beyond_for(rows),
        exit_status=int(status),
    )
