"""Severity by a playbook's criteria: of each moment, and the one that a whole drill is measured against."""

from bisect import bisect_left, bisect_right
from datetime import datetime

from scoring.scorecard.gravity import Scale, Seen, component_level, level_for
from scoring.story import Story
from scoring.story.chronicle import WINDOW, Chronicle, Index
from scoring.story.impact import Impact
from scoring.story.load import Load
from scoring.timeline import Event

__all__ = ["Seen", "component_level", "expected_severity", "level_for", "severity_over_time"]

_GAP_WINDOWS = 1.5
"""A hole longer than this many windows breaks a run of windows."""


def expected_severity(story: Story, over_at: datetime) -> str | None:
    """The graver of the truth's level and the gravest level whose criteria held for one drill minute.

    A level holds over consecutive windows in which it or a graver one holds, once they last the playbook's
    `severity_hold.time` and have its `min_requests`; windows in which nobody asked for anything neither add nor break.
    Only what was before `over_at` counts, when the incident was over: what a look for recovery or a roll-back does to
    users afterwards is not the fault's. A fault that users never felt has the least level. None when nothing was
    injected.
    """
    if story.onset_at is None or story.injected is None:
        return None
    book = story.playbook
    measured = story.chronicle.index(Gravities).gravest_held(story.onset_at, over_at)
    told = story.truth.severity.get(book.name)
    return book.graver(measured, _reported(story), told) or book.levels[-1].id


def severity_over_time(story: Story) -> tuple[tuple[datetime, str | None], ...]:
    """(from when on, level) of the severity that users' measured impact shows, wherever it changes; None for none.

    Instants are wall time. Of single load windows, whether or not a level held long enough to be the drill's; a window
    in which nobody asked for anything leaves it as it was. Without load windows it is that of the impact events.
    """
    if story.windows:
        moments = story.chronicle.index(Gravities).moments()
    else:
        told = story.all("impact.started", "impact.ended")
        moments = [(e.occurred_at, _level_told(story, e) if e.kind == "impact.started" else None) for e in told]
    changes = [moment for i, moment in enumerate(moments) if not i or moment[1] != moments[i - 1][1]]
    return tuple((story.wall_at(at), level) for at, level in changes)


def _reported(story: Story) -> str | None:
    """From `impact.started` events, where a timeline carries no windows."""
    if story.windows:
        return None
    book = story.playbook
    ends = [event.occurred_at for event in story.all("impact.ended")]
    levels = []
    for event in story.since_begin("impact.started"):
        place = bisect_left(ends, event.occurred_at)
        lasted_s = story.drill_s(event.occurred_at, ends[place] if place < len(ends) else story.ended_at)
        if lasted_s >= book.severity_hold.time.value:
            levels.append(_level_told(story, event))
    return book.graver(*levels)


def _level_told(story: Story, event: Event) -> str | None:
    share, p95, users = (event.number(name) for name in ("error_share", "p95_ms", "users_share"))
    return level_for(Seen(share or 0.0, p95, story.truth.component, users), story.playbook, story.baseline)


class Gravities(Index):
    """How grave every load window was, and for each level the runs of windows in which it or a graver one held."""

    kinds = frozenset({WINDOW})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        book, baseline = chronicle.playbook, chronicle.baseline
        self._scale = Scale(book, baseline.p95_ms if baseline else None, chronicle.truth.component)
        self._hold_s = book.severity_hold.time.value / chronicle.drill.clock - 1e-6
        self._hold_requests = book.severity_hold.min_requests.value
        self._gravities: list[int | None] = []
        """None for a window in which nobody asked for anything."""
        self._seconds = [0.0]
        """Wall seconds of all windows before each in which somebody asked for something."""
        self._requests: list[int] = [0]
        """Requests in all windows before each, as `Load` keeps them."""
        self._runs = [_Runs() for _ in book.levels]

    def forget(self, at: datetime) -> None:
        place = bisect_left(self.chronicle.starts, at)
        if place >= len(self._gravities):
            return
        del self._gravities[place:], self._seconds[place + 1 :]
        for runs in self._runs:
            runs.cut(place, self._last_live(place) + 1)
            if runs.is_last_long() and not self._suffices(runs.starts[-1], runs.ends[-1]):
                runs.long.pop()

    def gravest_held(self, start: datetime, end: datetime) -> str | None:
        """The gravest level that held for long enough over windows that began from one instant on, before another."""
        first, last = bisect_left(self.chronicle.starts, start), bisect_left(self.chronicle.starts, end)
        self._grade(last)
        for level, runs in zip(self.chronicle.playbook.levels, self._runs, strict=True):
            from_, to = bisect_right(runs.ends, first), bisect_left(runs.starts, last)
            whole = bisect_left(runs.long, from_ + 1)
            if whole < len(runs.long) and runs.long[whole] < to - 1:
                return level.id
            for run in {from_, to - 1} if from_ < to else ():
                if self._suffices(max(first, runs.starts[run]), min(last, runs.ends[run])):
                    return level.id
        return None

    def moments(self) -> list[tuple[datetime, str | None]]:
        """(start, level) of every window in which somebody asked for something."""
        self._grade(len(self.chronicle.windows))
        ids = [*(level.id for level in self.chronicle.playbook.levels), None]
        told = zip(self.chronicle.starts, self._gravities, strict=True)
        return [(at, ids[gravity]) for at, gravity in told if gravity is not None]

    def _grade(self, last: int) -> None:
        """Work out how grave the windows before the last were; those after it are left until they are asked for."""
        known, load, states = self.chronicle, self.chronicle.index(Load), self.chronicle.index(Impact).states
        self._requests = load.requests
        for i in range(len(self._gravities), last):
            window, state = known.windows[i], states[i]
            if state is None:
                self._gravities.append(None)
                self._seconds.append(self._seconds[-1])
                continue
            affected, users = window.users_affected, window.users
            users_share = affected / users if affected is not None and users else None
            share = window.failures / window.requests
            gravity = self._scale.gravity(share, window.p95_ms, users_share, is_felt=state)
            self._gravities.append(gravity)
            self._seconds.append(self._seconds[-1] + window.seconds)
            if gravity < len(self._runs):
                torn_s = (window.at - load.ends[i - 1]).total_seconds() if i else 0.0
                before = -1 if torn_s > _GAP_WINDOWS * window.seconds else self._last_live(i)
                for runs in self._runs[gravity:]:
                    runs.take(i, before)
                    if not runs.is_last_long() and self._suffices(runs.starts[-1], i + 1):
                        runs.long.append(len(runs.starts) - 1)

    def _last_live(self, place: int) -> int:
        """The last window before a place in which somebody asked for something; -1 without one."""
        while place and self._gravities[place - 1] is None:
            place -= 1
        return place - 1

    def _suffices(self, first: int, last: int) -> bool:
        lasted_s = self._seconds[last] - self._seconds[first]
        return lasted_s >= self._hold_s and self._requests[last] - self._requests[first] >= self._hold_requests


class _Runs:
    """Runs [start, end) of windows, and which of them suffice as a whole."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.long: list[int] = []

    def take(self, i: int, before: int) -> None:
        """Window i belongs to a run; to the same as the window before it, if that did."""
        if self.ends and self.ends[-1] == before + 1:
            self.ends[-1] = i + 1
        else:
            self.starts.append(i)
            self.ends.append(i + 1)

    def cut(self, place: int, end: int) -> None:
        """Drop the windows from a place on; a run that reached over it ends at `end`."""
        kept = bisect_left(self.starts, place)
        del self.starts[kept:], self.ends[kept:], self.long[bisect_left(self.long, kept) :]
        if self.ends and self.ends[-1] > place:
            self.ends[-1] = end

    def is_last_long(self) -> bool:
        """Whether the last run is known to suffice."""
        return bool(self.long) and self.long[-1] == len(self.starts) - 1
