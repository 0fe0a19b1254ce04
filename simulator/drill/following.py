"""Runbooks followed word for word, and the watch until a verification window has held.

The alert that came first leads; one that names another runbook and still fires a while after that is followed as well,
for it has a cause of its own. Where the first did not help, one that fired meanwhile and is over is a better guess than
the same again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from simulator.drill.catalog import runbook_file
from simulator.drill.clock import DrillClock
from simulator.drill.pager import Pager
from simulator.drill.runbook import Runbook, read_runbook
from simulator.drill.scoring_client import Event
from simulator.drill.shell import DrillShell
from simulator.drill.together import together
from simulator.errors import BadInput

MITIGATE = "Mitigate"
TRIES = 5
TRY_AGAIN_AFTER_S = 60.0
"""Drill seconds before a block that failed is tried again."""
LAG_S = 300.0
"""Drill seconds that an alert may lag behind a mitigation; one that fires for longer has a cause of its own."""
STUCK_S = 600.0
"""Drill seconds after which a runbook that does not come to its end is left to itself."""
PACE_S = 0.2


@dataclass
class Following:
    """Those who mitigate. `window_s` is the verification window in drill seconds; `is_served` asks the dashboard."""

    pager: Pager
    shell: DrillShell
    clock: DrillClock
    window_s: float
    is_served: Callable[[], Awaitable[bool]]
    is_mitigated: bool = field(default=False, init=False)
    """Whether users are served and nothing fires, at the last look."""

    async def until_verified(self, runbook: Runbook) -> None:
        """Execute, then watch until a window has held.

        Only users who still suffer after a whole window justify to execute once more: an alert lags behind, and many a
        mitigation (`rollout undo`) must not be done twice.
        """
        window = timedelta(seconds=self.clock.wall(self.window_s))
        suffering_since = well_since = None
        followed = {runbook.path}
        fired: dict[str, Event] = {}
        async with together() as crew:
            hands = [_Hands(crew.create_task(self.execute(runbook)))]
            while well_since is None or datetime.now(UTC) - well_since < window:
                await asyncio.sleep(PACE_S)
                now, is_served, firing = datetime.now(UTC), await self.is_served(), await self.pager.firing()
                fired |= {event["data"]["fingerprint"]: event for event in firing}
                is_busy, idle_s = self._state(hands[-1], now)
                self.is_mitigated = is_served and not firing
                well_since = (well_since or now) if self.is_mitigated and not is_busy else None
                suffering_since = None if is_served or is_busy else suffering_since or now
                is_suffering = suffering_since is not None and now - suffering_since >= window
                if not is_suffering and (is_busy or idle_s < LAG_S):
                    continue
                told_by = [*firing, *fired.values()] if is_suffering else firing
                another = next((book for _, book in runbooks_of(told_by) if book.path not in followed), None)
                if another is None and not is_suffering:
                    continue
                runbook = another or runbook
                followed.add(runbook.path)
                suffering_since = None
                hands.append(_Hands(crew.create_task(self.execute(runbook))))
            for each in hands:
                each.task.cancel()

    async def execute(self, runbook: Runbook) -> None:
        """Every block in order; one that fails is tried again a drill minute later, as a person would, a few times."""
        for block in runbook.commands(MITIGATE):
            for _ in range(TRIES):
                if await self._run(block):
                    break
                await asyncio.sleep(self.clock.wall(TRY_AGAIN_AFTER_S))
            else:
                return

    async def _run(self, block: str) -> bool:
        began = datetime.now(UTC)
        ran = await self.shell.run(block)
        await self.pager.say("action.taken", ran.as_event(), source="shell", at=began)
        return ran.exit_status == 0

    def _state(self, hands: "_Hands", now: datetime) -> tuple[bool, float]:
        """Whether a runbook is being executed, and for how many drill seconds none has been; a stuck one is none."""
        if hands.ended_at is not None:
            return False, self.clock.drill((now - hands.ended_at).total_seconds())
        stuck_s = self.clock.drill((now - hands.began_at).total_seconds()) - STUCK_S
        return stuck_s < 0, max(0.0, stuck_s + LAG_S)


def runbooks_of(firing: Sequence[Event]) -> Iterator[tuple[Event, Runbook]]:
    """Each alert whose `runbook_url` leads to a runbook that can be executed, with that runbook."""
    for event in firing:
        url = event["data"].get("annotations", {}).get("runbook_url")
        with suppress(BadInput):  # an alert that leads nowhere leaves the responder where it found them
            runbook = read_runbook(runbook_file(url or ""))
            if runbook.commands(MITIGATE):
                yield event, runbook


class _Hands:
    """One execution of a runbook, and when it came to its end."""

    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self.began_at = datetime.now(UTC)
        self.ended_at: datetime | None = None
        task.add_done_callback(self._end)

    def _end(self, _: object) -> None:
        self.ended_at = datetime.now(UTC)
