"""Drill time since the page, for the shell's prompt: kept in a file that the shell reads before each one."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scoring.timeline import CLOCK_KINDS, Drill, Event
from scoring.timeline.running import ENDS, running_time
from simulator.drill.scoring_client import ScoringClient
from simulator.errors import NotPossible

PACE_S = 1.0
OVER = "over"
_PAGES = frozenset({"alert.firing", "inject.delivered"})
_TELLING = _PAGES | CLOCK_KINDS | ENDS


async def keep_time(scoring: ScoringClient, clock: float, drill: Callable[[], str | None], file: Path) -> None:
    """Write to `file` how the clock of the drill that is played stands, until cancelled.

    While scoring is away it goes on as it went.
    """
    known, events, after = None, list[Event](), 0
    while True:
        if (now := drill()) != known:
            put(file, OVER if now is None else "")
            known, events, after = now, [], 0
        if known is not None:
            with suppress(NotPossible):
                said, after = await scoring.events(known, after)
                new = [Event.model_validate(each) for each in said if each["kind"] in _TELLING]
                events += new
                if new:
                    put(file, time_line(clock, events, datetime.now(UTC)))
        await asyncio.sleep(PACE_S)


def time_line(clock: float, events: Sequence[Event], now: datetime) -> str:
    """What the shell reads: nothing before the page; `running`, the instant (in ms) from which drill time counts, and
    how many thousandths of a drill second pass in a second; `stopped` and the drill seconds that passed; `over`."""
    if any(event.kind in ENDS for event in events):
        return OVER
    page = min((event.occurred_at for event in events if event.kind in _PAGES), default=None)
    if page is None:
        return ""
    running = running_time(Drill(id="played", clock=clock, started_at=page), events)
    passed_s = running.drill_s(page, now)
    if running.is_stopped(now):
        return f"stopped {passed_s:.0f}"
    from_at = now - timedelta(seconds=passed_s / clock)
    return f"running {from_at.timestamp() * 1000:.0f} {clock * 1000:.0f}"


def put(file: Path, line: str) -> None:
    """Write the line so that a reader sees either the old one or the new one."""
    new = file.with_suffix(".new")
    new.write_text(line + "\n")
    new.rename(file)
