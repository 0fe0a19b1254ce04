"""What is known of a drill so far: events and load windows in order of occurrence, however they arrive.

It grows. What arrives in order is appended; what arrives late is put in its place, and whatever was worked out from
there on is forgotten and worked out again when it is next asked for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from math import inf
from operator import attrgetter
from typing import TypeVar

from scoring.playbook import Playbook
from scoring.timeline import Baseline, Drill, Event, Truth, Window
from scoring.timeline.arrival import Shifts, in_order_by_kind, pace_s, rank, windows_in_order, with_seconds
from scoring.timeline.clocks import aligned

WINDOW = "window"
"""Stands for load windows where kinds of events are named."""


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
    """Events by kind and load windows, each in order and each once, with the indexes over them."""

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
            self._standing = {e.key: e for known in self.by_kind.values() for e in known if e.key}
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
        self.by_kind.clear()
        self.times.clear()
        self._indexes.clear()
        is_clocked = any(map(attrgetter("sent_at"), self.arrived))
        for kind, told in in_order_by_kind(aligned(self.arrived) if is_clocked else self.arrived).items():
            self.by_kind[kind], self.times[kind] = told

    def _put(self, event: Event | None, late: dict[str, datetime]) -> bool:
        """Put one event in its place; False when that moves or displaces others, so that all have to be read anew."""
        if event is None or self._standing is None:
            return False
        kind, at = event.kind, event.occurred_at
        if event.key and (other := self._standing.get(event.key)) is not None:
            return other.occurred_at < at or (other.occurred_at == at and rank(other) <= rank(event))
        known, times = self.by_kind.setdefault(kind, []), self.times.setdefault(kind, [])
        place = bisect_right(times, at)
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
        late[kind] = min(late.get(kind, at), at)
        return True

    def _read_windows(self) -> None:
        """Put all load windows in order, from scratch."""
        windows = windows_in_order(self._arrived_windows)
        self._says_seconds = any("seconds" in window.model_fields_set for window in windows)
        self._pace_s = None if self._says_seconds else pace_s(windows)
        self.windows[:] = windows if self._pace_s is None else [with_seconds(w, self._pace_s) for w in windows]
        self.starts[:] = [window.at for window in windows]
        self._indexes = {kind: index for kind, index in self._indexes.items() if WINDOW not in index.kinds}

    def _put_window(self, window: Window, late: list[datetime]) -> bool:
        """Put one load window in its place; False when that changes others, so that all have to be read anew."""
        says_seconds = "seconds" in window.model_fields_set
        place = bisect_right(self.starts, window.at)
        window = with_seconds(window, self._pace_s)
        if place and self.starts[place - 1] == window.at:
            return says_seconds == self._says_seconds and self.windows[place - 1] == window
        if not self._says_seconds:
            around = self.starts[max(0, place - 1) : place + 1]
            gaps = [abs((window.at - at).total_seconds()) for at in around]
            if says_seconds or min([self._pace_s or inf, *gaps]) != self._pace_s:
                return False
        self.windows.insert(place, window)
        self.starts.insert(place, window.at)
        late.append(window.at)
        return True

    def _touch(self, kind: str, at: datetime) -> None:
        for index in tuple(self._indexes.values()):
            if kind in index.kinds:
                index.forget(at)
