"""How long a drill lasts: until nothing that could still come would be in time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scoring.playbook import Level, Playbook
from scoring.scorecard.severity import Seen, level_for
from simulator.drill.clock import DrillClock, WallSeconds
from simulator.drill.impact import Window, error_share
from simulator.drill.scenario import Scenario
from simulator.drill.stopwatch import Stopwatch

PACE_S = 1.0
"""Wall seconds between two looks at what is left, as the drill clock may stop."""


@dataclass
class Limits:
    """`is_answered`: whether somebody responds. `windows` gives the load windows since the drill began.

    What the `stopwatch` leaves out does not count.
    """

    scenario: Scenario
    playbook: Playbook
    clock: DrillClock
    is_answered: bool
    windows: Callable[[], Sequence[Window]] = tuple
    stopwatch: Stopwatch = field(init=False)
    _began_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.stopwatch = Stopwatch(self.clock)

    async def wait_for(self, responding: asyncio.Task[None]) -> None:
        """Until the responder is done or the drill has lasted as long as it may."""
        self.begin()
        while not responding.done() and (left_s := self._began_s + self.longest_s() - self.stopwatch.read()) > 0:
            await asyncio.wait([responding], timeout=self._rest(left_s))

    def begin(self) -> None:
        """Count from now on, as after a fault that came later."""
        self._began_s = self.stopwatch.read()

    async def until_running(self) -> None:
        """Until the drill clock runs; nothing comes while it stands."""
        while self.stopwatch.is_stopped:
            await asyncio.sleep(PACE_S)

    async def let_pass(self, drill_s: float, is_over: Callable[[], bool] = lambda: False) -> None:
        """Until so many drill seconds have passed, or it `is_over`."""
        until_s = self.stopwatch.read() + self.clock.wall(drill_s)
        while not is_over() and (left_s := until_s - self.stopwatch.read()) > 0:
            await asyncio.sleep(self._rest(left_s))

    def longest_s(self) -> WallSeconds:
        """Wall seconds that a drill lasts at most after the injection.

        With nobody there: until mitigation is missed for certain (its SLA and one verification window). With a
        responder: twice the mitigation SLA, where its grade reaches 0, and two windows to verify.
        """
        return self._longest_s(self.level())

    def longest_of_all_s(self) -> WallSeconds:
        """The same, whichever level it turns out to be of."""
        told = self._told()
        levels = [self.playbook.level(told)] if told else self.playbook.levels
        return WallSeconds(max(self._longest_s(level) for level in levels))

    def level(self) -> Level:
        """The truth's level; where it names none for this playbook, that of what users met so far, else the gravest."""
        return self.playbook.level(self._told() or self._met_by_users() or self.playbook.levels[0].id)

    def _told(self) -> str | None:
        level: str | None = self.scenario.truth(self.playbook)["severity"].get(self.playbook.name)
        return level

    def _longest_s(self, level: Level) -> WallSeconds:
        times = 2 if self.is_answered else 1
        return self.clock.wall(times * (level.sla.mitigate.value + self.playbook.verification.window.value))

    def _met_by_users(self) -> str | None:
        """The gravest level that two load windows since the drill began agree on."""
        component = self.scenario.experiments[0].truth["component"]
        shown = Counter(
            level_for(Seen(error_share(window), window["p95_ms"], component), self.playbook)
            for window in self.windows()
        )
        return self.playbook.graver(*(level for level, windows in shown.items() if windows >= 2))

    def _rest(self, left_s: float) -> float:
        return PACE_S if self.stopwatch.is_stopped else min(left_s, PACE_S)
