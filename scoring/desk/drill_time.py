"""Drill time since a drill's start, as the people at a desk reckon with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from scoring.desk import Leg
from scoring.timeline import CLOCK_KINDS, Drill, Event
from scoring.timeline.running import running_time


class DrillTime:
    """From wall instants to drill seconds and back, by the running time that scoring reckons in.

    `events` may hold any; those of the clock bend it.
    """

    def __init__(self, drill: Drill, events: Sequence[Event]) -> None:
        self._drill = drill
        self._running = running_time(drill, events)
        self._bends = sorted((e for e in events if e.kind in CLOCK_KINDS), key=lambda event: event.occurred_at)

    @property
    def stopped_by(self) -> Event | None:
        """What stopped the clock that stands."""
        found: Event | None = None
        for event in self._bends:
            if not self._running.is_stopped(event.occurred_at):
                found = None
            elif found is None:
                found = event
        return None if self._drill.ended_at is not None else found

    @property
    def begun_at(self) -> datetime | None:
        """When a drill that waited for its beginning was begun, else when it was opened; None while it waits."""
        begun_at: datetime | None = self._drill.started_at
        for event in self._bends:
            if event.kind == "clock.stopped" and event.data.get("begun") is False:
                begun_at = None
            elif event.kind == "clock.started" and begun_at is None:
                begun_at = event.occurred_at
        return begun_at

    @property
    def legs(self) -> tuple[Leg, ...]:
        """How the clock runs, from each instant on."""
        starts = [self._drill.started_at, *(event.occurred_at for event in self._bends)]
        if self._drill.ended_at is not None:
            starts.append(self._drill.ended_at)
        return tuple(self._leg(at) for at in sorted(set(starts)) if at >= self._drill.started_at)

    def elapsed_s(self, at: datetime) -> float:
        """Drill seconds from the drill's start; below zero before it."""
        return self._running.drill_s(self._drill.started_at, at)

    def drill_s(self, start: datetime, end: datetime) -> float:
        """Drill seconds between two instants, never below zero."""
        return max(0.0, self._running.drill_s(start, end))

    def later(self, at: datetime, drill_s: float) -> datetime | None:
        """The instant so many drill seconds after another, if the clock does not stop again; None while it stands."""
        try:
            wanted_at = self._running.at(at) + timedelta(seconds=drill_s / self._drill.clock)
        except OverflowError:
            return None
        last_at = self._bends[-1].occurred_at if self._bends else at
        if self.stopped_by is not None and self._running.at(last_at) < wanted_at:
            return None
        return max(at, self._running.wall_at(wanted_at))

    def _leg(self, at: datetime) -> Leg:
        rate = 0.0 if self._running.is_stopped(at) else self._drill.clock
        return Leg(at=at, base_s=self.elapsed_s(at), rate=rate)
