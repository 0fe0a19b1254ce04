"""User impact from load windows: users are outside the thresholds when two of three consecutive windows are."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.chronicle import WINDOW, Chronicle, Index
from scoring.playbook import Verification
from scoring.timeline import Window

_NEAR = 2
"""Two windows at most this many apart are two of three consecutive ones."""


@dataclass(frozen=True)
class Span:
    """Users were outside the thresholds from `started_at`, and no longer from `ended_at` (None: to the last window).

    `error_share` and `p95_ms` are those of the window that began it.
    """

    started_at: datetime
    ended_at: datetime | None
    error_share: float
    p95_ms: float | None


def is_outside(window: Window, thresholds: Verification, usual_p95_ms: float | None = None) -> bool | None:
    """Whether users were outside the thresholds in this window; None when nobody asked for anything."""
    if window.requests == 0:
        return None
    return thresholds.is_outside(window.failures / window.requests, window.p95_ms, usual_p95_ms)


def ends_at(window: Window) -> datetime:
    """The end of a window."""
    return window.at + timedelta(seconds=window.seconds)


class Impact(Index):
    """Every load window by whether users were outside in it, and the spans of impact.

    A span starts with the first of two outside windows among three consecutive ones, and ends with the first of two
    inside windows among three after it.
    """

    kinds = frozenset({WINDOW})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.states: list[bool | None] = []
        """Of each window whether users were outside; None where nobody asked for anything."""
        self.bad: list[int] = []
        """Which windows are the first of two outside ones among three."""
        self.spans: list[Span] = []
        self._bad_shown: list[int] = []
        self._shown: list[tuple[int, int | None]] = []

    def catch_up(self) -> None:
        windows, states = self.chronicle.windows, self.states
        thresholds, baseline = self.chronicle.playbook.verification, self.chronicle.baseline
        usual_p95_ms = baseline.p95_ms if baseline else None
        for i in range(len(states), len(windows)):
            state = is_outside(windows[i], thresholds, usual_p95_ms)
            if state is not None:
                near = next((k for k in (i - 1, i - _NEAR) if k >= 0 and states[k] is state), None)
                if near is not None:
                    self._show(near, i, is_bad=state)
            states.append(state)

    def forget(self, at: datetime) -> None:
        place = bisect_left(self.chronicle.starts, at)
        del self.states[place:]
        known = bisect_left(self._bad_shown, place)
        del self.bad[known:], self._bad_shown[known:]
        while self._shown and self._shown[-1][0] >= place:
            self.spans.pop()
            self._shown.pop()
        if self._shown and (self._shown[-1][1] or 0) >= place:
            self._close(None, None)

    def _show(self, first: int, by: int, *, is_bad: bool) -> None:
        """Window `by` shows that `first` is the first of two of its kind among three."""
        is_open = bool(self.spans) and self.spans[-1].ended_at is None
        if is_bad:
            self.bad.append(first)
            self._bad_shown.append(by)
            if not is_open:
                window = self.chronicle.windows[first]
                self.spans.append(Span(window.at, None, window.failures / window.requests, window.p95_ms))
                self._shown.append((by, None))
        elif is_open:
            self._close(self.chronicle.windows[first].at, by)

    def _close(self, ended_at: datetime | None, by: int | None) -> None:
        last = self.spans[-1]
        self.spans[-1] = Span(last.started_at, ended_at, last.error_share, last.p95_ms)
        self._shown[-1] = (self._shown[-1][0], by)
