"""What is known of a drill so far: events and load windows in order of occurrence, however they arrive.

It grows. What arrives in order is appended; what arrives late is put in its place, and whatever was worked out from
there on is forgotten and worked out again when it is next asked for. What bends the drill clock makes all of it be read
anew.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from math import inf
from operator import attrgetter
from typing import TypeVar

from scoring.playbook import Playbook
from scoring.timeline import CLOCK_KINDS, Baseline, Drill, Event, Truth, Window
from scoring.timeline.arrival import Shifts, in_order_by_kind, pace_s, rank, windows_in_order, with_seconds
from scoring.timeline.clocks import aligned
from scoring.timeline.running import ENDS, RunningTime, wall_at

WINDOW = "window"
"""Stands for load windows where kinds of events are named."""
_BENDING = CLOCK_KINDS | ENDS
"""What can make the drill clock another one: the end of the drill ends a stop."""


class Index:
    """Something worked out from a chronicle, step by step, for the kinds that it names."""

    kinds: frozenset[str] = frozenset()

    def __init__(self, chronicle: "Chronicle") -> None:
        self.chronicle = chronicle

    def catch_up(self) -> None:
        """Work out what came since the last time."""

    def forget(self, at: datetime) -> None:
        """Something came at this instant: whatever was worked out from what is at or after it no longer stands.

        Asks no other index, for that may still have to forget.
        """


I = TypeVar("I", bound=Index)  # noqa: E741


class Chronicle:
    """Events by kind and load windows, each in order and each once, with the indexes over them.

    All of it lies in running time. As long as the drill clock was neither stopped nor advanced, that is wall time.
    """

    def __init__(self, drill: Drill, truth: Truth, playbook: Playbook, baseline: Baseline | None = None) -> None:
        self.drill = drill
        self.truth = truth
        self.playbook = playbook
        self.baseline = baseline
        self.arrived: list[Event] = []
        """Every event as it came, repeats and all."""
        self.by_kind: dict[str, list[Event]] = {}
        self.times: dict[str, list[datetime]] = {}
        self.windows: list[Window] = []
        self.starts: list[datetime] = []
        self.running: RunningTime | None = None
        """Where running time is not wall time, how the one leads to the other."""
        self._told, self._told_times = self.by_kind, self.times
        """The events by when they occurred in wall time: the same lists where running time is wall time."""
        self._told_windows, self._told_starts = self.windows, self.starts
        self._arrived_windows: list[Window] = []
        self._says_seconds = False
        self._pace_s: float | None = None
        self._standing: dict[str, Event] | None = None
        self._shifts = Shifts(())
        self._indexes: dict[type[Index], Index] = {}

    def add(self, events: Sequence[Event]) -> None:
        """Take in events, in whatever order and however often they come."""
        if not events:
            return
        is_first = not self.arrived
        if self._standing is None and not is_first:
            self._standing = {e.key: e for known in self._told.values() for e in known if e.key}
            self._shifts = Shifts(self.arrived)
        self.arrived += events
        late: dict[str, datetime] = {}
        if is_first or not all(self._put(self._shifts.moved(event), late) for event in events):
            self._read_events()
            return
        for kind, at in late.items():
            self._touch(kind, at)

    def add_windows(self, windows: Sequence[Window]) -> None:
        """Take in load windows, in whatever order and however often they come."""
        is_first = not self._arrived_windows
        self._arrived_windows += windows
        late: list[datetime] = []
        if is_first or not all(self._put_window(window, late) for window in windows):
            self._read_windows()
        elif late:
            self._touch(WINDOW, min(late))

    def set_baseline(self, baseline: Baseline | None) -> None:
        """Say what the steady state was."""
        self.baseline = baseline
        self._indexes.clear()

    def end(self, at: datetime) -> None:
        """Say when the drill ended."""
        self.drill = self.drill.model_copy(update={"ended_at": at})
        self._indexes.clear()
        self._place_all()

    def at(self, wall_at: datetime) -> datetime:
        """The running instant of a wall instant."""
        return wall_at if self.running is None else self.running.at(wall_at)

    def index(self, kind: type[I]) -> I:
        """The index of that kind over all that is known."""
        found = self._indexes.get(kind)
        if found is None:
            found = self._indexes[kind] = kind(self)
        assert isinstance(found, kind)
        found.catch_up()
        return found

    def _read_events(self) -> None:
        """Put everything that arrived in order, from scratch."""
        self._standing = None
        self._indexes.clear()
        is_clocked = any(map(attrgetter("sent_at"), self.arrived))
        found = in_order_by_kind(aligned(self.arrived) if is_clocked else self.arrived)
        self._told = {kind: told for kind, (told, _) in found.items()}
        self._told_times = {kind: times for kind, (_, times) in found.items()}
        self._place_all()

    def _place_all(self) -> None:
        """Put what was told into running time, from scratch."""
        before, self.running = self.running, None
        if self._has_clock_events():
            running = RunningTime.of(self.drill, self._told)
            self.running = None if running.is_wall_time else running
        if self.running is None:
            self.by_kind, self.times = self._told, self._told_times
        else:
            self.by_kind = {kind: self.running.events(told) for kind, told in self._told.items()}
            self.times = {kind: [event.occurred_at for event in events] for kind, events in self.by_kind.items()}
        if before is not None or self.running is not None:
            self._place_windows()

    def _has_clock_events(self) -> bool:
        """Whether anybody did anything to the drill clock."""
        return not CLOCK_KINDS.isdisjoint(self._told)

    def _put(self, event: Event | None, late: dict[str, datetime]) -> bool:
        """Put one event in its place; False when that moves or displaces others, so that all have to be read anew."""
        if event is None or self._standing is None:
            return False
        kind, at = event.kind, event.occurred_at
        if event.key and (other := self._standing.get(event.key)) is not None:
            return other.occurred_at < at or (other.occurred_at == at and rank(other) <= rank(event))
        if kind in _BENDING and (kind in CLOCK_KINDS or self._has_clock_events()):
            return False
        known, times = self._told.setdefault(kind, []), self._told_times.setdefault(kind, [])
        place = last = bisect_right(times, at)
        if place and times[place - 1] == at:
            its_rank = rank(event)
            first = bisect_left(times, at)
            while place > first and (before := rank(known[place - 1]))[:3] >= its_rank[:3]:
                if before[:3] == its_rank[:3]:
                    return before <= its_rank
                place -= 1
        known.insert(place, event)
        times.insert(place, at)
        if event.key:
            self._standing[event.key] = event
        running_at = at if self.running is None else self._place(self.running, event, last - place)
        if running_at is not None:
            late[kind] = min(late.get(kind, running_at), running_at)
        return True

    def _place(self, running: RunningTime, event: Event, before: int) -> datetime | None:
        """Put an event into running time, `before` so many of its kind and wall instant; None if it says nothing."""
        placed = running.event(event)
        if placed is None:
            return None
        known, times = self.by_kind.setdefault(event.kind, []), self.times.setdefault(event.kind, [])
        place = bisect_right(known, placed.wall_at, key=wall_at) - before
        known.insert(place, placed)
        times.insert(place, placed.occurred_at)
        return placed.occurred_at

    def _read_windows(self) -> None:
        """Put all load windows in order, from scratch."""
        windows = windows_in_order(self._arrived_windows)
        self._says_seconds = any("seconds" in window.model_fields_set for window in windows)
        self._pace_s = None if self._says_seconds else pace_s(windows)
        self._told_windows = windows if self._pace_s is None else [with_seconds(w, self._pace_s) for w in windows]
        self._told_starts = [window.at for window in windows]
        self._place_windows()

    def _place_windows(self) -> None:
        """Put the load windows into running time, from scratch."""
        self.windows, self.starts = self._told_windows, self._told_starts
        if self.running is not None:
            self.windows = [placed for told in self._told_windows if (placed := self.running.window(told)) is not None]
            self.starts = [window.at for window in self.windows]
        self._indexes = {kind: index for kind, index in self._indexes.items() if WINDOW not in index.kinds}

    def _put_window(self, window: Window, late: list[datetime]) -> bool:
        """Put one load window in its place; False when that changes others, so that all have to be read anew."""
        says_seconds = "seconds" in window.model_fields_set
        starts = self._told_starts
        place = bisect_right(starts, window.at)
        window = with_seconds(window, self._pace_s)
        if place and starts[place - 1] == window.at:
            return says_seconds == self._says_seconds and self._told_windows[place - 1] == window
        if not self._says_seconds:
            around = starts[max(0, place - 1) : place + 1]
            gaps = [abs((window.at - at).total_seconds()) for at in around]
            if says_seconds or min([self._pace_s or inf, *gaps]) != self._pace_s:
                return False
        self._told_windows.insert(place, window)
        starts.insert(place, window.at)
        if self.running is not None:
            placed = self.running.window(window)
            if placed is None:
                return True
            window, place = placed, bisect_right(self.starts, placed.at)
            self.windows.insert(place, window)
            self.starts.insert(place, window.at)
        late.append(window.at)
        return True

    def _touch(self, kind: str, at: datetime) -> None:
        for index in tuple(self._indexes.values()):
            if kind in index.kinds:
                index.forget(at)
