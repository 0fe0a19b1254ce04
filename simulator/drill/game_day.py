"""A game day: set the stage, play the drills in order, show the scoreboard, write the report."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console

from simulator.drill.people.crew import title_of
from simulator.drill.people.playing import play_with_people
from simulator.drill.people.terminal import Terminal
from simulator.drill.plan import Plan
from simulator.drill.runner import Drill
from simulator.drill.stage import Stage, set_stage
from simulator.errors import Exit
from simulator.report.lines import LineView, open_view
from simulator.report.models import DrillResult, GameDay, all_slas_met, mean_score, this_machine
from simulator.report.publish import write_json, write_report
from simulator.report.terminal import print_scoreboard
from simulator.report.view import View

RUNS_KEPT = 5


async def play_game_day(plan: Plan) -> Exit:
    """Play the plan; returns the exit status. Raises `NotPossible` if the stage cannot be set."""
    console = Console()
    started_at = datetime.now(UTC)
    shown: tuple[DrillResult, ...] | None = None

    def show(results: tuple[DrillResult, ...]) -> GameDay:
        nonlocal shown
        game_day = game_day_of(plan, results, started_at, _exit_status(results))
        if results != shown:
            print_scoreboard(game_day, console)
        shown = results
        return game_day

    with _open_view(plan, console) as view:
        async with set_stage(plan, lambda text: view.phase("", text)) as stage:
            if plan.people is None:
                results = await _play_all(stage, view)
            else:
                results = await play_with_people(stage, plan.people, view, Terminal(console), show)
            run = stage.run.id
    game_day = show(results)
    write_game_day(plan, game_day, run, console)
    if plan.options.json is not None:
        write_json(game_day, plan.options.json)
    return Exit(game_day.exit_status)


def game_day_of(plan: Plan, results: tuple[DrillResult, ...], started_at: datetime, exit_status: Exit) -> GameDay:
    """What was played, as it is published; it ends now."""
    return GameDay(
        name=plan.title,
        playbook=plan.playbook.name,
        responder=plan.responder,
        clock=plan.clock.factor,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        machine=this_machine(),
        drills=results,
        score=mean_score(results),
        sla_met=all_slas_met(results),
        exit_status=int(exit_status),
    )


def write_game_day(plan: Plan, game_day: GameDay, run: str, console: Console) -> None:
    """Write the report with each drill's timeline, and say where; logs of old runs are let go."""
    folder = plan.options.report or plan.root / ".gameday" / "reports" / (run or "nothing-played")
    paths = write_report(game_day, folder)
    (folder / "timelines").mkdir(exist_ok=True)
    for number, drill in enumerate(game_day.drills, start=1):
        if drill.timeline is not None:
            name = f"{number}-{_file_name(drill.failure_mode)}.json"
            (folder / "timelines" / name).write_text(drill.timeline.to_json() + "\n")
    console.print(f"report: {_shown(paths.html)}", highlight=False, soft_wrap=True)
    forget_old_runs(plan.root)


def _open_view(plan: Plan, console: Console) -> View:
    if plan.people is None:
        names = [scenario.label for scenario in plan.scenarios]
        return open_view(names, clock=plan.clock.factor, title=plan.title, console=console)
    count = len(plan.scenarios)
    names = [title_of(number, count) for number in range(1, count + 1)]
    out: TextIO = console.file  # type: ignore[assignment]
    return LineView(names, clock=plan.clock.factor, out=out)  # links and questions stay, where a picture is redrawn


async def _play_all(stage: Stage, view: View) -> tuple[DrillResult, ...]:
    results = []
    for number, scenario in enumerate(stage.plan.scenarios, start=1):
        drill = Drill(stage, scenario, f"{stage.run.id}-{number}", view)
        results.append(await drill.play())
    return tuple(results)


def _exit_status(results: tuple[DrillResult, ...]) -> Exit:
    if any(result.verdict != "scored" for result in results):
        return Exit.NOT_POSSIBLE
    return Exit.OK if all_slas_met(results) else Exit.SLA_MISSED


def _file_name(label: str) -> str:
    return re.sub(r"[^\w.]+", "-", label).strip("-")


def forget_old_runs(root: Path) -> None:
    """Logs and databases of the last runs are kept; reports always."""
    runs = sorted((root / ".gameday" / "runs").iterdir())
    for old in runs[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
