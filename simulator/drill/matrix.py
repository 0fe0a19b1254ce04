"""The matrix: every failure mode played once, whatever became of the others, and what they say together."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from simulator.drill.app.suiting import fitting
from simulator.drill.app.watching import for_s
from simulator.drill.false_cures import cures_of
from simulator.drill.game_day import game_day_of, write_game_day
from simulator.drill.in_turn import Entry, Played, play_in_turn
from simulator.drill.plan import Plan
from simulator.drill.target import Target
from simulator.errors import BadInput, Exit
from simulator.report.matrix import Matrix, MatrixRow, Purpose, median_beyond_for, row_of
from simulator.report.matrix_table import matrix_report, row_line
from simulator.report.models import DrillResult, this_machine
from simulator.report.publish import write_json
from simulator.report.quiet import open_quiet_view

LOG_WIDTH = 140
"""Columns of the table in a log, which has no width of its own."""


def matrix_names(names: Sequence[str], families: Sequence[str], target: Target) -> list[str]:
    """The experiments of a matrix: those named, else all that fit, of the given families. Raises `BadInput`."""
    shipped = fitting(target)
    known = sorted({name.partition("/")[0] for name in shipped})
    for family in families:
        if family not in known:
            raise BadInput(f"--family: '{family}' is none; there are {', '.join(known)}")
    return [name for name in names or shipped if not families or name.partition("/")[0] in families]


def entries_of(plan: Plan, *, is_oracle_tried: bool) -> list[Entry]:
    """What is played: each scenario, or each with everything that must not pass for its mitigation."""
    if not is_oracle_tried:
        return [Entry(scenario) for scenario in plan.scenarios]
    return [
        Entry(scenario, cure) for scenario in plan.scenarios for cure in cures_of(scenario.experiments[0].temptations)
    ]


async def play_matrix(plan: Plan, *, is_oracle_tried: bool = False) -> Exit:
    """Play the plan's scenarios and print the table. OK only if every drill shows what it is for.

    `is_oracle_tried`: play what must not pass for a mitigation, to see that it does not. What was played before an
    interruption is shown and written, too.
    """
    started_at, alert_for_s = datetime.now(UTC), for_s(plan.target)
    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    rows: list[MatrixRow] = []
    results: list[DrillResult] = []
    purpose: Purpose = "refused" if is_oracle_tried else _purpose(plan)
    entries = entries_of(plan, is_oracle_tried=is_oracle_tried)
    labels = list(dict.fromkeys(entry.scenario.label for entry in entries))
    with open_quiet_view(labels, clock=plan.clock.factor, title=plan.title, console=console) as view:

        def note(played: Played) -> bool:
            row = row_of(
                played.result,
                family=played.entry.scenario.experiments[0].family,
                purpose=purpose,
                for_s=alert_for_s,
                wall_s=played.wall_s,
                act=played.entry.act.name if played.entry.act else None,
                refused_by=played.refused_by,
            )
            rows.append(row)
            results.append(played.result)
            view.told(row_line(row, len(rows), len(entries)))
            return False

        try:
            run = await play_in_turn(plan, entries, view, note)
        except asyncio.CancelledError:
            if rows:
                _publish(plan, _sum_up(plan, rows, started_at, is_whole=False), console)
            raise
    matrix = _sum_up(plan, rows, started_at)
    _publish(plan, matrix, console)
    write_game_day(plan, game_day_of(plan, tuple(results), started_at, Exit(matrix.exit_status)), run, console)
    return Exit(matrix.exit_status)


def _publish(plan: Plan, matrix: Matrix, console: Console) -> None:
    console.print(matrix_report(matrix))
    if plan.options.json is not None:
        write_json(matrix, plan.options.json)


def _purpose(plan: Plan) -> Purpose:
    if plan.options.control:
        return "control"
    return "missed" if plan.responder == "none" else "mitigated"


def _sum_up(plan: Plan, rows: Sequence[MatrixRow], started_at: datetime, *, is_whole: bool = True) -> Matrix:
    rows = sorted(rows, key=lambda row: (row.family, row.failure_mode))
    passed = sum(row.passed for row in rows)
    undone = any(row.verdict != "scored" for row in rows)
    judged = Exit.OK if passed == len(rows) else Exit.NOT_POSSIBLE if undone else Exit.SLA_MISSED
    status = judged if is_whole else Exit.INTERRUPTED
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
