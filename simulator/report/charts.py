"""A drill's charts as a Plotly figure in plain data: requests, error share and latency over drill time.

Colours are names such as `var:served`; the page puts in those of its colour scheme.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import log10
from typing import Any

from scoring.charts.marks import Mark, lanes, marks_of, origin_of
from scoring.scorecard import Scorecard
from scoring.timeline import Timeline, Window
from scoring.timeline.running import RunningTime, running_time
from simulator.report.board import error_share
from simulator.report.durations import clock_time, drill_time

Figure = dict[str, Any]

# Of the height of the plot: three charts one below the other with room for a heading above each.
_DOMAINS = {"y": (0.70, 1.0), "y2": (0.38, 0.60), "y3": (0.0, 0.28)}
_HEADINGS = {"y": "Requests per second", "y2": "Requests that fail", "y3": "Latency (logarithmic)"}
_UNITS = ((3600 * 3, 3600.0, "hours"), (90.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_LABEL_WIDTH_SHARE = 0.07
_LANE_PX = 20
_PLOT_PX = 520
_LATENCY_TICKS_MS = (1, 10, 100, 1000, 10_000)


def figure(timeline: Timeline, card: Scorecard | None) -> Figure | None:
    """The figure, or None where no load was measured while the drill clock ran."""
    time = running_time(timeline.drill, timeline.events)
    windows = sorted((w for w in timeline.impact if not time.is_stopped(w.at)), key=lambda window: window.at)
    if not windows:
        return None
    origin_at = origin_of(timeline, card)
    span_s = time.drill_s(windows[0].at, windows[-1].at)
    unit_s, unit = next((size, name) for least, size, name in _UNITS if span_s >= least)
    scale = _Scale(origin_at, time, unit_s)
    marks = marks_of(timeline, card, origin_at)
    first, last = scale(windows[0].at), scale(_end(windows[-1]))
    rows = lanes([mark.at_s / unit_s for mark in marks], _LABEL_WIDTH_SHARE * (last - first))
    naming = (unit, "onset" if card and card.onset_at else "the start")
    layout = _layout(marks, rows, card, scale, (first, last), naming)
    layout["yaxis3"]["range"] = _latency_range(windows)
    return {"data": _traces(windows, scale), "layout": layout}


class _Scale:
    """From instants to the x axis: drill time from the origin, in the unit of the axis."""

    def __init__(self, origin_at: datetime, time: RunningTime, unit_s: float) -> None:
        self._origin_at = origin_at
        self._time = time
        self.unit_s = unit_s

    def __call__(self, at: datetime) -> float:
        return round(self.drill_s(at) / self.unit_s, 4)

    def drill_s(self, at: datetime) -> float:
        return self._time.drill_s(self._origin_at, at)


def _traces(windows: Sequence[Window], scale: _Scale) -> list[Figure]:
    middles = [window.at + (_end(window) - window.at) / 2 for window in windows]
    x = [scale(at) for at in middles]
    when = [f"{drill_time(scale.drill_s(at))} · {clock_time(at)} UTC" for at in middles]
    served = [round((w.requests - w.failures) / w.seconds, 2) for w in windows]
    failed = [round(w.failures / w.seconds, 2) for w in windows]
    shares = [None if (s := error_share(w)) is None else round(s * 100, 2) for w in windows]
    width = [round(scale(_end(w)) - scale(w.at), 4) for w in windows]
    bar = {"type": "bar", "x": x, "width": width, "yaxis": "y", "text": when, "textposition": "none"}
    line = {"type": "scatter", "mode": "lines", "x": x, "text": when}
    hover = "%{text}<br>"
    return [
        {
            **bar,
            "name": "served",
            "y": served,
            "marker": _fill("served"),
            "hovertemplate": hover + "%{y:.0f} served per second<extra></extra>",
        },
        {
            **bar,
            "name": "failed",
            "y": failed,
            "marker": _fill("failed"),
            "hovertemplate": hover + "%{y:.0f} failed per second<extra></extra>",
        },
        {
            **line,
            "name": "failed share",
            "y": shares,
            "yaxis": "y2",
            "line": _line("failed", 2),
            "fill": "tozeroy",
            "fillcolor": "var:failed-soft",
            "showlegend": False,
            "hovertemplate": hover + "%{y:.1f} % of requests fail<extra></extra>",
        },
        *(
            {
                **line,
                "name": name,
                "y": [getattr(w, f"{name}_ms") for w in windows],
                "yaxis": "y3",
                "line": _line(name, size),
                "hovertemplate": f"{hover}{name} %{{y:,.1f}} ms<extra></extra>",
            }
            for name, size in (("p50", 1.5), ("p95", 2), ("p99", 1.5))
        ),
    ]


def _layout(
    marks: Sequence[Mark],
    rows: Sequence[int],
    card: Scorecard | None,
    scale: _Scale,
    bounds: tuple[float, float],
    naming: tuple[str, str],
) -> Figure:
    unit, origin = naming
    lane_count = max(rows, default=0) + 1
    top_px = 34 + _LANE_PX * lane_count
    bottom_px = 76
    xs = [mark.at_s / scale.unit_s for mark in marks]
    return {
        "height": _PLOT_PX + top_px + bottom_px,
        "margin": {"l": 52, "r": 14, "t": top_px, "b": bottom_px},
        "barmode": "stack",
        "bargap": 0,
        "hovermode": "closest",
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "var:ink-soft"},
        "legend": {
            "orientation": "h",
            "traceorder": "normal",
            "x": 0,
            "y": -38 / _PLOT_PX,
            "yanchor": "top",
            "xanchor": "left",
        },
        "xaxis": {
            "range": [bounds[0], bounds[1]],
            "anchor": "y3",
            "title": {"text": f"drill {unit} from {origin}", "standoff": 6},
            "gridcolor": "var:grid",
            "zeroline": False,
            "fixedrange": True,
            "nticks": 12,
            "ticks": "outside",
            "tickcolor": "var:grid",
        },
        "yaxis": _axis("y", rangemode="tozero", nticks=5),
        "yaxis2": _axis("y2", range=[0, 105], tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"]),
        "yaxis3": _axis(
            "y3", type="log", tickvals=list(_LATENCY_TICKS_MS), ticktext=["1 ms", "10 ms", "100 ms", "1 s", "10 s"]
        ),
        "shapes": [*_shade(card, scale), *(_rule(x, mark, row) for x, mark, row in zip(xs, marks, rows, strict=True))],
        "annotations": [
            *(_badge(x, mark, row) for x, mark, row in zip(xs, marks, rows, strict=True)),
            *(_heading(axis) for axis in _DOMAINS),
        ],
    }


def _latency_range(windows: Sequence[Window]) -> list[float]:
    """Powers of ten of milliseconds: the same for most drills, so that their charts compare."""
    seen = [ms for window in windows for ms in (window.p50_ms, window.p99_ms) if ms]
    return [round(log10(min([1.0, *seen]) * 0.8), 3), round(log10(max([3000.0, *seen]) * 1.2), 3)]


def _axis(name: str, **more: Any) -> Figure:
    axis = {
        "domain": _DOMAINS[name],
        "gridcolor": "var:grid",
        "zeroline": False,
        "fixedrange": True,
        "automargin": False,
    }
    return {**axis, **more}


def _heading(axis: str) -> Figure:
    return {
        "text": _HEADINGS[axis],
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": _DOMAINS[axis][1],
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12.5, "color": "var:ink"},
        "bgcolor": "var:paper",
        "yshift": 3,
    }


def _rule(x: float, mark: Mark, row: int) -> Figure:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1 + _badge_px(row) / _PLOT_PX,
        "layer": "above",
        "line": {"color": f"var:tone-{mark.tone}", "width": 1.2, "dash": "dot"},
    }


def _badge(x: float, mark: Mark, row: int) -> Figure:
    return {
        "text": f"<b>{mark.number}</b>",
        "xref": "x",
        "yref": "paper",
        "x": x,
        "y": 1,
        "yshift": _badge_px(row),
        "yanchor": "bottom",
        "showarrow": False,
        "hovertext": mark.text,
        "borderpad": 2,
        "borderwidth": 1,
        "width": 14,
        "height": 13,
        "bgcolor": f"var:tone-{mark.tone}",
        "bordercolor": f"var:tone-{mark.tone}",
        "font": {"size": 11, "color": "var:paper"},
    }


def _badge_px(row: int) -> int:
    return 24 + _LANE_PX * row


def _shade(card: Scorecard | None, scale: _Scale) -> list[Figure]:
    if card is None or card.mitigated_at is None or card.verified_at is None:
        return []
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": scale(card.mitigated_at),
            "x1": scale(card.verified_at),
            "y0": 0,
            "y1": 1,
            "fillcolor": "var:window",
            "line": {"width": 0},
            "layer": "above",
        }
    ]


def _fill(name: str) -> Figure:
    return {"color": f"var:{name}", "line": {"width": 0}}


def _line(name: str, width: float) -> Figure:
    return {"color": f"var:{name}", "width": width, "shape": "hvh"}


def _end(window: Window) -> datetime:
    return window.at + timedelta(seconds=window.seconds)
