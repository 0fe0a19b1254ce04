"""User impact from load windows: users are outside the thresholds when two of three consecutive windows are."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.story.chronicle import WINDOW, Chronicle, Index
from scoring.timeline import Window


@dataclass(frozen=True)
class Span:
    """Users were outside the thresholds from `started_at`, and no longer from `ended_at` (None: to the last window).

    `error_share` and `p95_ms` are those of the window that began it.
    """

    started_at: datetime
    ended_at: datetime | None
    error_share: float
    p95_ms: float | None


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
        states, baseline = self.states, self.chronicle.baseline
        limits = self.chronicle.playbook.verification
        most_share, most_ms = limits.error_share_above.value, limits.p95_limit_ms(baseline.p95_ms if baseline else None)
        one_before, two_before = states[-1] if states else None, states[-2] if len(states) > 1 else None
        for i in range(len(states), len(self.chronicle.windows)):
            said = vars(self.chronicle.windows[i])
            requests, p95_ms = said["requests"], said["p95_ms"]
            state = None
            if requests:
                is_bad = said["failures"] / requests > most_share or (p95_ms is not None and p95_ms > most_ms)
                if is_bad == one_before:
                    self._show(i - 1, i, is_bad=is_bad)
                elif is_bad == two_before:
                    self._show(i - 2, i, is_bad=is_bad)
                state = is_bad
            states.append(state)
            one_before, two_before = state, one_before

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
