"""Many drills in turn, each whatever became of the others, and again as often as it is asked for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from simulator.drill.false_cures import FalseCure
from simulator.drill.plan import Plan
from simulator.drill.runner import Drill
from simulator.drill.scenario import Scenario
from simulator.drill.stage import set_stage
from simulator.errors import NotPossible
from simulator.report.models import DrillResult
from simulator.report.view import View


@dataclass(frozen=True)
class Entry:
    """One drill to be played. `act` is done in place of a response, to see that it does not count."""

    scenario: Scenario
    act: FalseCure | None = None

    @property
    def nodes(self) -> int:
        """How many the cluster has to have."""
        return max(experiment.nodes for experiment in self.scenario.experiments)


@dataclass(frozen=True)
class Played:
    """A drill that is over: what came of it, what refused its act, and the wall seconds that it took."""

    entry: Entry
    result: DrillResult
    refused_by: tuple[str, ...] = ()
    wall_s: float = 0.0


Over = Callable[[Played], bool]
"""Is told of each drill that is over; whether it is to be played again."""


async def play_in_turn(plan: Plan, entries: Sequence[Entry], view: View, over: Over) -> str:
    """One stage for drills that need a cluster of the same shape; returns the id of the first one's run.

    After a drill that could not be carried out the rest gets a new stage: what that one left behind is not theirs.
    Where no stage can be set, all that is left is over, and is not played again, nor is what was stopped.
    """
    run = ""
    number = 0
    for _, group in groupby(sorted(entries, key=lambda e: e.nodes), key=lambda e: e.nodes):
        left = list(group)
        while left:
            scenarios = tuple(entry.scenario for entry in left)
            try:
                async with set_stage(replace(plan, scenarios=scenarios), lambda text: view.phase("", text)) as stage:
                    run = run or stage.run.id
                    is_sound = True
                    while left and is_sound:
                        number, entry, began = number + 1, left.pop(0), time.monotonic()
                        drill = Drill(stage, entry.scenario, f"{stage.run.id}-{number}", view, entry.act)
                        result = await drill.play()
                        played = Played(entry, result, drill.refused_by, time.monotonic() - began)
                        if over(played) and not drill.is_stopped:
                            left.insert(0, entry)
                        is_sound = result.verdict != "aborted"
            except NotPossible as error:
                for entry in left:
                    over(Played(entry, _not_played(entry.scenario, str(error))))
                left = []
    return run


def _not_played(scenario: Scenario, reason: str) -> DrillResult:
    return DrillResult(
        title=scenario.title,
        failure_mode=scenario.label,
        experiment=scenario.name,
        verdict="aborted",
        reason=reason,
    )
