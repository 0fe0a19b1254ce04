"""A responder who does one thing that is no mitigation, and sees that it does not count."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from simulator.drill.false_cures import SILENCE, FalseCure, broken, command
from simulator.drill.pager import Pager
from simulator.drill.scenario import Scenario
from simulator.drill.silencing import silenced
from simulator.drill.stage import Stage
from simulator.drill.witness import Witness
from simulator.errors import NotPossible

SILENT_RULES = "the rules of a Prometheus of your own are not touched"


@dataclass
class Tempted:
    """Waits for the page, acts, and stays until a verification window after the act cannot have held any more."""

    cure: FalseCure
    scenario: Scenario
    stage: Stage
    witness: Witness
    pager: Pager
    refused_by: tuple[str, ...] = field(default=(), init=False)
    """What did not hold after the act; empty if all did for a whole window."""

    async def respond(self) -> None:
        """Returns once it was refused, or a whole window passed in which it was not. Raises `NotPossible`."""
        await self.pager.wait_for_page()
        async with self._act():
            await self._watch(datetime.now(UTC))

    async def _watch(self, acted_at: datetime) -> None:
        stage, clock = self.stage, self.stage.plan.clock
        first = len(stage.feed.windows) + 1  # the window in which it was done belongs to before and after
        settled_at = acted_at + timedelta(seconds=clock.wall(self.cure.settles_s))
        held_at = settled_at + timedelta(seconds=clock.wall(self.witness.window_s))
        while datetime.now(UTC) < held_at:
            await stage.feed.after(len(stage.feed.windows))
            if self.witness.looked_at > settled_at:
                self.refused_by = broken(
                    self.cure,
                    self.witness.conditions,
                    stage.feed.windows[first:],
                    self.witness.thresholds,
                    self.witness.least_requests_per_s,
                )
            if self.refused_by:
                return

    @asynccontextmanager
    async def _act(self) -> AsyncIterator[None]:
        stage, temptations = self.stage, self.scenario.experiments[0].temptations
        typed = command(self.cure, temptations, stage.plan.target)
        if typed is not None:
            ran = await stage.shell.run(typed)
            await self.pager.say("action.taken", ran.as_event(), source="shell")
            if ran.exit_status:
                raise NotPossible(f"'{typed}' failed: {ran.output.strip()[-300:]}")
            yield
        elif self.cure is SILENCE:
            if stage.plan.options.prometheus is not None:
                raise NotPossible(SILENT_RULES)
            await self._say("the rules of the alerts are taken out, and the monitor reloads")
            async with silenced(stage.run.folder / "monitor" / "rules", stage.prometheus_url, self.scenario.alerts):
                yield
        else:
            await self._say("the load is stopped")
            stage.feed.send_users_away()
            try:
                yield
            finally:
                stage.feed.let_users_back()

    async def _say(self, what: str) -> None:
        await self.pager.say("action.taken", {"text": what, "changes": False, "by": "hand"})
