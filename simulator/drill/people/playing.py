"""A game day of people: drill after drill, each when they are ready, and time for reviews before the service ends."""

import asyncio
from collections.abc import Callable, Mapping

from simulator.drill.people.crew import Crew
from simulator.drill.people.discreet import DiscreetView
from simulator.drill.people.session import Session
from simulator.drill.people.terminal import Terminal
from simulator.drill.people.wishes import People
from simulator.drill.runner import Drill
from simulator.drill.stage import Stage
from simulator.report.models import DrillResult
from simulator.report.view import View

Results = tuple[DrillResult, ...]


async def play_with_people(
    stage: Stage, people: People, view: View, terminal: Terminal, show: Callable[[Results], object]
) -> Results:
    """Play the plan's drills. In a terminal, `show` is told how they went, and people may then write their reviews.

    Whoever responds in this terminal is told by the view only what a responder may see.
    """
    scenarios = stage.plan.scenarios
    crew = Crew(stage, people, terminal, len(scenarios))
    played: dict[str, tuple[Drill, DrillResult]] = {}
    try:
        for number, scenario in enumerate(scenarios, start=1):
            drill_id, title = f"{stage.run.id}-{number}", crew.title(number)
            own_view = view if people.is_facilitated else DiscreetView(view, title)
            drill = Drill(stage, scenario, drill_id, own_view, session=Session(crew, scenario, drill_id, title))
            played[title] = drill, await drill.play()
    finally:
        crew.leave()
    results = tuple(result for _, result in played.values())
    lived = {title: drill.id for title, (drill, _) in played.items() if drill.has_begun and not drill.is_stopped}
    if not lived or not terminal.is_manned:
        return results
    show(results)
    await _linger(crew, lived)
    return tuple([await _read_again(drill, result) for drill, result in played.values()])


async def _read_again(drill: Drill, result: DrillResult) -> DrillResult:
    """With what people wrote meanwhile. Why a drill was aborted stays as it was told."""
    if result.scorecard is None:
        return result
    now = await drill.result()
    return now.model_copy(update={"reason": result.reason}) if result.verdict == "aborted" else now


async def _linger(crew: Crew, drills: Mapping[str, str]) -> None:
    """Until Enter is pressed. Ctrl-C ends the waiting, and not what is left to be done."""
    await crew.invite_to_review(drills)
    try:
        await crew.terminal.line()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
