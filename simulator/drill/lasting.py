"""How long a drill lasts: until nothing that could still come would be in time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scoring.playbook import Level, Playbook
from scoring.scorecard.severity import Seen, level_for
from simulator.drill.clock import DrillClock, WallSeconds
from simulator.drill.impact import Window, error_share
from simulator.drill.scenario import Scenario


@dataclass
class Limits:
    """`is_answered`: whether somebody responds. `windows` gives the load windows since the drill began."""

    scenario: Scenario
    playbook: Playbook
    clock: DrillClock
    is_answered: bool
    windows: Callable[[], Sequence[Window]] = tuple

    async def wait_for(self, responding: asyncio.Task[None]) -> None:
        """Until the responder is done or the drill has lasted as long as it may."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not responding.done() and (left_s := began + self.longest_s() - loop.time()) > 0:
            await asyncio.wait([responding], timeout=min(left_s, 1.0))

    def longest_s(self) -> WallSeconds:
        """Wall seconds that a drill lasts at most after the injection.

        With nobody there: until mitigation is missed for certain (its SLA and one verification window). With a
        responder: twice the mitigation SLA, where its grade reaches 0, and two windows to verify.
        """
        times = 2 if self.is_answered else 1
        return self.clock.wall(times * (self.level().sla.mitigate.value + self.playbook.verification.window.value))

    def level(self) -> Level:
        """The truth's level; where it names none for this playbook, that of what users met so far, else the gravest."""
        told = self.scenario.truth(self.playbook)["severity"].get(self.playbook.name)
        return self.playbook.level(told or self._met_by_users() or self.playbook.levels[0].id)

    def _met_by_users(self) -> str | None:
        """The gravest level that two load windows since the drill began agree on."""
        component = self.scenario.experiments[0].truth["component"]
        shown = [
            level_for(Seen(error_share(window), window["p95_ms"], component), self.playbook)
            for window in self.windows()
        ]
        return self.playbook.graver(*(level for level in shown if shown.count(level) >= 2))
