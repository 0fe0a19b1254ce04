"""Running time: wall time without the stretches in which the drill clock stood still, with what it was advanced by.

Drill time between two instants is the clock's factor × the running time between them, and all of scoring reckons in
running time. Without clock events the two are the same.

`clock.stopped` lets the clock stand still until `clock.started`, else until the drill's end; a stop within a stop and a
start without one change nothing. `clock.advanced` moves the clock on at once by `drill_seconds`, see `advance_s`, also
while it stands still; what occurs at that very instant comes after it. From the drill's end on the clock runs, whatever
anybody does to it, so that deadlines of reviews come.

What occurs while the clock stands still counts as done at the instant at which it stopped; where it matters which of
several was first, that is so as it was. Load windows that begin then, and checks of the oracle, say nothing. Another
load window counts whole, but for stops within it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scoring.timeline import CLOCK_KINDS, Drill, Event, Window
from scoring.timeline.arrival import in_order_by_kind
from scoring.timeline.clocks import aligned

ENDS = frozenset({"drill.ended", "drill.aborted"})
SILENT_KINDS = frozenset({"oracle.checked"})
"""What says nothing while the clock stands still."""
MOST_ADVANCED_S = 366 * 86_400
"""Drill seconds by which one event can advance the clock."""
_FARTHEST = timedelta(days=366 * 500)
_LATEST = datetime.max.replace(tzinfo=UTC)


class Placed(Event):
    """An event at its running instant. Its key is what it was called, and `wall_at` is when it occurred."""

    wall_at: datetime


def wall_at(event: Event) -> datetime:
    """When an event occurred in wall time, be it placed in running time or not."""
    return event.wall_at if isinstance(event, Placed) else event.occurred_at


def advance_s(event: Event) -> float | None:
    """Drill seconds by which a `clock.advanced` moves the clock on; None for one that changes nothing.

    More than 0 and at most `MOST_ADVANCED_S`.
    """
    said = event.number("drill_seconds")
    return said if said is not None and 0 < said <= MOST_ADVANCED_S else None


def running_time(drill: Drill, events: Iterable[Event]) -> "RunningTime":
    """The running time of a drill as far as its events tell; they may come in any order and with repeats. Pure."""
    told = [event for event in aligned(tuple(events)) if event.kind in CLOCK_KINDS or event.kind in ENDS]
    return RunningTime.of(drill, {kind: known for kind, (known, _) in in_order_by_kind(told).items()})


@dataclass(frozen=True)
class _Piece:
    """What holds from a wall instant to the next piece: the running instant there, and whether the clock runs."""

    wall_at: datetime
    running_at: datetime
    runs: bool


class RunningTime:
    """Wall instants in running time and back. `factor` is drill seconds per second that the clock runs."""

    def __init__(self, factor: float, pieces: Sequence[_Piece] = ()) -> None:
        self.factor = factor
        self._pieces = tuple(pieces)
        self._walls = [piece.wall_at for piece in pieces]
        self._runnings = [piece.running_at for piece in pieces]
        self._stops = _stops(pieces)

    @classmethod
    def of(cls, drill: Drill, by_kind: Mapping[str, Sequence[Event]]) -> "RunningTime":
        """By the events of each kind in order, each once."""
        ends = [*(event.occurred_at for kind in ENDS for event in by_kind.get(kind, ())[:1]), drill.ended_at]
        ended_at = min((at for at in ends if at is not None), default=None)
        told = [event for kind in CLOCK_KINDS for event in by_kind.get(kind, ())]
        pieces: list[_Piece] = []
        for event in sorted(told, key=lambda event: (event.occurred_at, event.kind)):
            at = event.occurred_at
            if ended_at is not None and at >= ended_at:
                break
            last = pieces[-1] if pieces else _Piece(at, at, runs=True)
            piece = _bent(event, _Piece(at, _reached(last, at), last.runs), drill.clock)
            if piece is not None:
                pieces.append(piece)
        if ended_at is not None and pieces and not pieces[-1].runs:
            pieces.append(_Piece(ended_at, pieces[-1].running_at, runs=True))
        return cls(drill.clock, pieces)

    @property
    def is_wall_time(self) -> bool:
        """Whether the clock was neither stopped nor advanced."""
        return not self._pieces

    def is_stopped(self, wall_at: datetime) -> bool:
        """Whether the clock stands still at a wall instant; at the instant at which it goes on it does not."""
        place = bisect_right(self._walls, wall_at) - 1
        return place >= 0 and not self._pieces[place].runs

    def at(self, wall_at: datetime) -> datetime:
        """The running instant of a wall instant; it never falls as that rises."""
        place = bisect_right(self._walls, wall_at) - 1
        return wall_at if place < 0 else _reached(self._pieces[place], wall_at)

    def wall_at(self, running_at: datetime) -> datetime:
        """The first wall instant at which running time was so far.

        Of what occurred while the clock stood still that is the instant at which it stopped, of what was passed over by
        an advance the instant of that.
        """
        place = bisect_left(self._runnings, running_at)
        if place < len(self._pieces) and self._runnings[place] == running_at:
            return self._walls[place]
        following = self._walls[place] if place < len(self._pieces) else None
        if place == 0:
            return running_at if following is None else min(running_at, following)
        last = self._pieces[place - 1]
        if not last.runs:
            return following or last.wall_at
        found = last.wall_at + (running_at - last.running_at)
        return found if following is None else min(found, following)

    def drill_s(self, start: datetime, end: datetime) -> float:
        """Drill seconds from one wall instant to another, below zero where the second comes first."""
        return (self.at(end) - self.at(start)).total_seconds() * self.factor

    def event(self, event: Event) -> Placed | None:
        """An event in running time; None for one that says nothing."""
        at = event.occurred_at
        if event.kind in SILENT_KINDS and self.is_stopped(at):
            return None
        said = {**vars(event), "occurred_at": self.at(at), "key": event.name, "wall_at": at}
        return Placed.model_construct(**said)

    def events(self, events: Iterable[Event]) -> list[Event]:
        """Events in running time, without those that say nothing."""
        return [placed for event in events if (placed := self.event(event)) is not None]

    def window(self, window: Window) -> Window | None:
        """A load window in running time, shorter by the stops within it; None for one that says nothing."""
        if self.is_stopped(window.at):
            return None
        length = timedelta(seconds=window.seconds)
        stopped = self._stopped_between(window.at, window.at + length)
        seconds = (length - stopped).total_seconds() if stopped else window.seconds
        return window.model_copy(update={"at": self.at(window.at), "seconds": seconds})

    def _stopped_between(self, start: datetime, end: datetime) -> timedelta:
        """How long the stops lasted that lie whole between two wall instants."""
        total = timedelta()
        for place in range(bisect_right(self._stops, (start, _LATEST)), len(self._stops)):
            stopped_at, started_at = self._stops[place]
            if started_at > end:
                break
            total += started_at - stopped_at
        return total


def _bent(event: Event, now: _Piece, factor: float) -> _Piece | None:
    """How it goes on from a clock event; None if that changes nothing."""
    if event.kind == "clock.stopped":
        return _Piece(now.wall_at, now.running_at, runs=False) if now.runs else None
    if event.kind == "clock.started":
        return None if now.runs else _Piece(now.wall_at, now.running_at, runs=True)
    seconds = advance_s(event)
    try:
        running_at = now.running_at + timedelta(seconds=(seconds or 0.0) / factor)
    except OverflowError:
        return None
    is_near = running_at - now.wall_at <= _FARTHEST
    return _Piece(now.wall_at, running_at, now.runs) if running_at > now.running_at and is_near else None


def _reached(piece: _Piece, wall_at: datetime) -> datetime:
    """The running instant at a wall instant of a piece."""
    if not piece.runs:
        return piece.running_at
    try:
        return piece.running_at + (wall_at - piece.wall_at)
    except OverflowError:  # beyond the calendar, by an instant that somebody reported and an advance
        return _LATEST


def _stops(pieces: Sequence[_Piece]) -> list[tuple[datetime, datetime]]:
    """(stopped, started) of each stop that is over."""
    found: list[tuple[datetime, datetime]] = []
    stopped_at: datetime | None = None
    for piece in pieces:
        if piece.runs and stopped_at is not None:
            found.append((stopped_at, piece.wall_at))
            stopped_at = None
        elif not piece.runs and stopped_at is None:
            stopped_at = piece.wall_at
    return found
