"""The scenario's clock: drill seconds since the exercise was opened, from wall instants and back."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from scoring.timeline import Drill, Event
from scoring.timeline.running import running_time

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
HOW_TO_WRITE = "write it as the scenario's clock shows it, hours and minutes, such as 0:25"


class ScenarioTime:
    """Scenario time of a drill as far as its events tell."""

    def __init__(self, drill: Drill, events: Iterable[Event]) -> None:
        self._running = running_time(drill, events)
        self._started_at = drill.started_at

    def elapsed_s(self, at: datetime) -> float:
        """Drill seconds at a wall instant, 0 before the start."""
        return max(0.0, self._running.drill_s(self._started_at, at))

    def instant(self, elapsed_s: float) -> datetime:
        """The first wall instant at which the scenario's clock was so far, if nobody stops it any more."""
        start = self._running.at(self._started_at)
        return self._running.wall_at(start + timedelta(seconds=elapsed_s / self._running.factor))

    def is_stopped(self, at: datetime) -> bool:
        """Whether the clock stands at a wall instant."""
        return self._running.is_stopped(at)


def read_clock(text: str) -> float:
    """`0:25` or `1:05:30` as drill seconds. Raises ValueError that says how to write it."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text[:40]}' is no time of the scenario; {HOW_TO_WRITE}.")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)
