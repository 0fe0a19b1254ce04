"""A chart drawn as SVG: requests, failed share and latency one below the other, events as numbered lines across them.

Colours are names (see `publishing.palette`), so that a page draws it in its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from math import ceil, log10

from markupsafe import escape

from scoring.charts.chart import Chart, Column
from scoring.charts.marks import lanes
from scoring.publishing.palette import ink

_WIDTH, _LEFT, _RIGHT = 760.0, 58.0, 12.0
_LANE, _BADGE = 20.0, 16.0
_PANEL, _GAP, _TITLE = 96.0, 14.0, 20.0
_BELOW = 40.0
_TITLES = (
    "Requests per second: served, and failed above",
    "Share of requests that fail",
    "95th percentile of latency (logarithmic)",
)
_FONT = 'font-family="Libertinus Serif, system-ui, sans-serif" font-size="12"'
_UNITS = ((3600 * 3, 3600.0, "hours"), (90.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 720, 1440)
_MOST_TICKS = 10
_LATENCIES_MS = (1, 10, 100, 1000, 10_000, 100_000)

Place = Callable[[float], float]


def draw(chart: Chart) -> str:
    """The chart as an SVG element that scales to the width it is given."""
    x = _scale(chart.from_s, chart.to_s, _LEFT, _WIDTH - _RIGHT)
    xs = [x(min(max(mark.at_s, chart.from_s), chart.to_s)) for mark in chart.marks]
    rows = lanes(xs, _BADGE + 4)
    top = 6 + _LANE * (max(rows, default=-1) + 1)
    tops = [top + _TITLE + number * (_PANEL + _GAP + _TITLE) for number in range(3)]
    bottom = tops[-1] + _PANEL
    parts = [
        *(part for top in tops for part in _held(chart, x, top)),
        *_requests(chart, x, tops[0]),
        *_shares(chart, x, tops[1]),
        *_latencies(chart, x, tops[2]),
        *_axis(chart, x, bottom),
        *_marks(chart, xs, rows, bottom),
        *(_title(title, top) for title, top in zip(_TITLES, tops, strict=True)),
    ]
    height = bottom + _BELOW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" '
        f'width="{_WIDTH:g}" height="{height:g}" role="img" aria-label="{escape(chart.in_words())}" {_FONT}>'
    )
    return "".join([head, *parts, "</svg>"])


def _scale(first: float, last: float, low: float, high: float) -> Place:
    """A straight line from [first, last] to [low, high]."""
    length = (last - first) or 1.0
    return lambda value: low + (value - first) / length * (high - low)


def _requests(chart: Chart, x: Place, top: float) -> Iterator[str]:
    most = _round_up(max(column.served_per_s + column.failed_per_s for column in chart.columns))
    y = _scale(0, most, top + _PANEL, top)
    yield from _levels(((value, f"{value:g}") for value in (0, most / 2, most)), y)
    for run in _neighbours(chart.columns):
        yield _steps(run, x, y, lambda c: 0.0, lambda c: c.served_per_s, "served")
    failed = [column for column in chart.columns if column.failed_per_s]
    for run in _neighbours(failed):
        yield _steps(run, x, y, lambda c: c.served_per_s, lambda c: c.served_per_s + c.failed_per_s, "failed")


def _shares(chart: Chart, x: Place, top: float) -> Iterator[str]:
    y = _scale(0, 1, top + _PANEL, top)
    yield from _levels(((value, f"{value * 100:.0f} %") for value in (0.0, 0.5, 1.0)), y)
    known = [column for column in chart.columns if column.error_share is not None]
    for run in _neighbours(known):
        yield _steps(run, x, y, lambda c: 0.0, lambda c: c.error_share or 0.0, "failed-soft")
        yield _line([(c, c.error_share or 0.0) for c in run], x, y, "failed")


def _latencies(chart: Chart, x: Place, top: float) -> Iterator[str]:
    seen = [column.p95_ms for column in chart.columns if column.p95_ms]
    low, high = log10(min([1.0, *seen]) * 0.8), log10(max([3000.0, *seen]) * 1.2)
    y = _scale(low, high, top + _PANEL, top)
    shown = [value for value in _LATENCIES_MS if low <= log10(value) <= high]
    yield from _levels(((log10(value), _latency(value)) for value in shown), y)
    for run in _neighbours([column for column in chart.columns if column.p95_ms]):
        yield _line([(c, log10(c.p95_ms or 1.0)) for c in run], x, y, "latency")


def _latency(value_ms: float) -> str:
    return f"{value_ms / 1000:g} s" if value_ms >= 1000 else f"{value_ms:g} ms"


def _neighbours(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Columns that touch, together; between two of such runs nothing is known, and nothing is drawn."""
    numbers: list[int] = []
    for number, column in enumerate(columns):
        slack_s = (column.to_s - column.from_s) / 2
        touches = number > 0 and column.from_s <= columns[number - 1].to_s + slack_s
        numbers.append(numbers[-1] if touches else number)
    for _, run in groupby(zip(numbers, columns, strict=True), lambda each: each[0]):
        yield [column for _, column in run]


def _steps(
    columns: Sequence[Column],
    x: Place,
    y: Place,
    low: Callable[[Column], float],
    high: Callable[[Column], float],
    colour: str,
) -> str:
    """An area in steps between two values of each column."""
    there = " ".join(f"L{x(c.from_s):.1f} {y(high(c)):.1f}H{x(c.to_s):.1f}" for c in columns)
    back = " ".join(f"L{x(c.to_s):.1f} {y(low(c)):.1f}H{x(c.from_s):.1f}" for c in reversed(columns))
    return f'<path d="M{there[1:]} {back}Z" fill="{ink(colour)}"/>'


def _line(values: Sequence[tuple[Column, float]], x: Place, y: Place, colour: str) -> str:
    steps = " ".join(f"L{x(c.from_s):.1f} {y(value):.1f}H{x(c.to_s):.1f}" for c, value in values)
    return f'<path d="M{steps[1:]}" fill="none" stroke="{ink(colour)}" stroke-width="1.6"/>'


def _title(title: str, top: float) -> str:
    """A heading over a panel, drawn last, with a rim so that lines behind it do not cross it."""
    around = f'stroke="{ink("ground")}" stroke-width="4" paint-order="stroke" stroke-linejoin="round"'
    return f'<text x="{_LEFT:g}" y="{top - 6:.1f}" fill="{ink("text")}" {around}>{escape(title)}</text>'


def _levels(levels: Iterable[tuple[float, str]], y: Place) -> Iterator[str]:
    for value, text in levels:
        at = y(value)
        yield (
            f'<path d="M{_LEFT:g} {at:.1f}H{_WIDTH - _RIGHT:g}" stroke="{ink("line")}" stroke-width="0.8"/>'
            f'<text x="{_LEFT - 6:g}" y="{at + 4:.1f}" text-anchor="end" fill="{ink("quiet")}">{escape(text)}</text>'
        )


def _axis(chart: Chart, x: Place, bottom: float) -> Iterator[str]:
    span = chart.to_s - chart.from_s
    unit_s, unit = next((size, name) for least, size, name in _UNITS if span >= least)
    step = next((s for s in _STEPS if span / unit_s / s <= _MOST_TICKS), _STEPS[-1]) * unit_s
    tick = ceil(chart.from_s / step)
    while tick * step <= chart.to_s:
        at = x(tick * step)
        label = f"{tick * step / unit_s:g}".replace("-", "−")
        yield (
            f'<path d="M{at:.1f} {bottom:.1f}v5" stroke="{ink("quiet")}"/>'
            f'<text x="{at:.1f}" y="{bottom + 18:.1f}" text-anchor="middle" fill="{ink("quiet")}">{label}</text>'
        )
        tick += 1
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield (
        f'<text x="{middle:.1f}" y="{bottom + 34:.1f}" text-anchor="middle" fill="{ink("quiet")}">'
        f"drill {unit} from {escape(chart.origin)}</text>"
    )


def _held(chart: Chart, x: Place, top: float) -> Iterator[str]:
    if chart.held is not None:
        first, last = (x(value) for value in chart.held)
        size = f'x="{first:.1f}" y="{top:.1f}" width="{max(0.0, last - first):.1f}" height="{_PANEL:g}"'
        yield f'<rect {size} fill="{ink("held")}"/>'


def _marks(chart: Chart, xs: Sequence[float], rows: Sequence[int], bottom: float) -> Iterator[str]:
    for mark, x, row in zip(chart.marks, xs, rows, strict=True):
        colour, y, left = ink(mark.tone), 2 + _LANE * row, x - _BADGE / 2
        yield (
            f"<g><title>{escape(mark.text)}</title>"
            f'<path d="M{x:.1f} {y + _BADGE:.1f}V{bottom:.1f}" stroke="{colour}" stroke-dasharray="2 3"/>'
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{_BADGE:g}" height="{_BADGE:g}" rx="3" fill="{colour}"/>'
            f'<text x="{x:.1f}" y="{y + 12:.1f}" text-anchor="middle" font-weight="bold" fill="{ink("ground")}">'
            f"{mark.number}</text></g>"
        )


def _round_up(value: float) -> float:
    """A round number at or above a value: 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** int(log10(value) // 1)
    return next(times * power for times in (1, 2, 5, 10) if value <= times * power * (1 + 1e-9))
