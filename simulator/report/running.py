"""The drill time of a drill that is watched, as far as its clock events came."""

from datetime import datetime

from scoring.timeline import CLOCK_KINDS, Drill, Event
from scoring.timeline.running import ENDS, RunningTime, running_time


class RunningClock:
    """The drill clock from `began_at` on, at `factor` drill seconds per second that it runs."""

    def __init__(self, began_at: datetime, factor: float) -> None:
        self.began_at = began_at
        self.time = RunningTime(factor)
        self._told: list[Event] = []

    def see(self, event: Event) -> None:
        """Take in an event; what is no business of the clock changes nothing."""
        if event.kind in CLOCK_KINDS | ENDS:
            self._told.append(event)
            drill = Drill(id="watched", clock=self.time.factor, started_at=self.began_at)
            self.time = running_time(drill, self._told)

    def elapsed_s(self, at: datetime) -> float:
        """Drill seconds from the beginning; below zero before it."""
        return self.time.drill_s(self.began_at, at)
