"""User impact from load windows: users are outside the thresholds when two of three consecutive windows are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.playbook import Verification
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


def is_outside(window: Window, thresholds: Verification) -> bool | None:
    """Whether users were outside the thresholds in this window; None when nobody asked for anything."""
    if window.requests == 0:
        return None
    if window.failures / window.requests > thresholds.error_share_above.value:
        return True
    return window.p95_ms is not None and window.p95_ms > thresholds.p95_ms_above.value


def ends_at(window: Window) -> datetime:
    """The end of a window."""
    return window.at + timedelta(seconds=window.seconds)


def two_of_three(states: Sequence[bool | None], sought: bool) -> list[bool]:
    """For each window whether it, being as sought, is the first of two such among three consecutive ones."""
    return [state is sought and sought in (states[i + 1 : i + 3]) for i, state in enumerate(states)]


def impact_spans(windows: Sequence[Window], thresholds: Verification) -> list[Span]:
    """The spans of impact in ordered windows.

    A span starts with the first of two outside windows among three consecutive ones, and ends with the first of two
    inside windows among three after it.
    """
    states = [is_outside(window, thresholds) for window in windows]
    starts, stops = two_of_three(states, True), two_of_three(states, False)
    spans: list[Span] = []
    first: Window | None = None
    for window, start, stop in zip(windows, starts, stops, strict=True):
        if first is None and start:
            first = window
        elif first is not None and stop and not start:
            spans.append(_span(first, window.at))
            first = None
    if first is not None:
        spans.append(_span(first, None))
    return spans


def _span(first: Window, ended_at: datetime | None) -> Span:
    return Span(first.at, ended_at, first.failures / first.requests, first.p95_ms)
