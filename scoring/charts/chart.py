"""What users were served, put together into as many columns as an eye can tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from scoring.charts.marks import Mark, marks_of, origin_of
from scoring.desk.sentences import milliseconds, percent
from scoring.scorecard import Scorecard
from scoring.scorecard.sla import spell
from scoring.timeline import Timeline, Window
from scoring.timeline.running import running_time

MOST_COLUMNS = 240


@dataclass(frozen=True)
class Column:
    """Load windows one after the other, from `from_s` to `to_s` drill seconds from the chart's origin.

    Rates are per wall second; `p95_ms` is the worst of theirs in wall milliseconds, None where none is known.
    """

    from_s: float
    to_s: float
    served_per_s: float
    failed_per_s: float
    p95_ms: float | None

    @property
    def error_share(self) -> float | None:
        """The share of requests that failed; None without requests."""
        total = self.served_per_s + self.failed_per_s
        return self.failed_per_s / total if total else None


@dataclass(frozen=True)
class Chart:
    """The columns in order, the marks on them, and the span over which service had to hold to count as mitigated."""

    columns: tuple[Column, ...]
    marks: tuple[Mark, ...]
    held: tuple[float, float] | None
    origin: str

    @property
    def from_s(self) -> float:
        """Where it begins, in drill seconds from the origin."""
        return self.columns[0].from_s

    @property
    def to_s(self) -> float:
        """Where it ends."""
        return self.columns[-1].to_s

    def in_words(self) -> str:
        """What it shows, for whoever does not see it."""
        rates = [column.served_per_s + column.failed_per_s for column in self.columns]
        shares = [share for column in self.columns if (share := column.error_share) is not None]
        slowest = max((column.p95_ms for column in self.columns if column.p95_ms is not None), default=None)
        said = [
            f"Requests, failures and latency over {spell(self.to_s - self.from_s)} of drill time",
            f"up to {max(rates):,.0f} requests per second",
            _worst(shares),
            f"at worst one in twenty took longer than {milliseconds(slowest)}" if slowest is not None else "",
        ]
        return f"{said[0]}: {', '.join(filter(None, said[1:]))}."


def _worst(shares: Sequence[float]) -> str:
    if not shares:
        return "no requests came"
    return f"at worst {percent(max(shares))} of them failed" if max(shares) else "none of them failed"


def chart_of(timeline: Timeline, card: Scorecard | None) -> Chart | None:
    """The chart of a drill, or None where no load was measured. What was measured while its clock stood is left out."""
    time = running_time(timeline.drill, timeline.events)
    measured = timeline.impact if time.is_wall_time else tuple(filter(None, map(time.window, timeline.impact)))
    windows = sorted(measured, key=lambda window: window.at)
    if not windows:
        return None
    origin_at = origin_of(timeline, card)
    zero_at = time.at(origin_at)
    factor = timeline.drill.clock
    starts = [(window.at - zero_at).total_seconds() * factor for window in windows]
    columns = _columns(windows, starts, factor)
    held = None
    if card is not None and card.mitigated_at is not None and card.verified_at is not None:
        held = (time.drill_s(origin_at, card.mitigated_at), time.drill_s(origin_at, card.verified_at))
    marks = marks_of(timeline, card, origin_at)
    return Chart(columns, marks, held, "onset" if card and card.onset_at else "the start")


def _columns(windows: Sequence[Window], starts: Sequence[float], factor: float) -> tuple[Column, ...]:
    if len(windows) <= MOST_COLUMNS:
        return tuple(_column([each], start, factor) for each, start in zip(windows, starts, strict=True))
    width = (starts[-1] - starts[0]) / MOST_COLUMNS or 1.0
    numbered = groupby(zip(windows, starts, strict=True), lambda each: int((each[1] - starts[0]) // width))
    groups = [list(group) for _, group in numbered]
    return tuple(_column([each for each, _ in group], group[0][1], factor) for group in groups)


def _column(windows: Sequence[Window], start: float, factor: float) -> Column:
    seconds = sum(window.seconds for window in windows) or 1.0
    requests, failures = sum(window.requests for window in windows), sum(window.failures for window in windows)
    last = windows[-1]
    until = start + ((last.at - windows[0].at).total_seconds() + last.seconds) * factor
    slowest = max((window.p95_ms for window in windows if window.p95_ms is not None), default=None)
    return Column(start, until, max(0, requests - failures) / seconds, failures / seconds, slowest)
