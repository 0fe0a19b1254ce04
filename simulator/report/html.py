"""The report of a game day as one HTML file that opens offline and can be read without script."""

import base64
import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from scoring.charts.marks import Mark, marks_of, origin_of
from scoring.review.lessons import Lessons, lessons
from scoring.scorecard.observed import Observations, observed
from scoring.timeline import Event
from scoring.timeline.running import RunningTime, running_time
from simulator.report.board import error_share
from simulator.report.charts import figure
from simulator.report.durations import both_times, clock_time, drill_time, wall_time
from simulator.report.models import MEASURES, DrillResult, GameDay
from simulator.report.sentences import Told, milliseconds, percent, tell

_VERDICTS = {
    "met": "✓ met",
    "missed": "✗ missed",
    "censored": "… not finished",
    "not_assessed": "– not assessed",
    "not_judged": "? not judged",
}


@dataclass(frozen=True)
class _Moment:
    event: Event
    told: Told
    at_s: float


@dataclass(frozen=True)
class DrillPage:
    """One drill as a page shows it; `index` is its number in the file, `kicker` what stands above its title.

    `time`, `noted` and `origin_at` are those of a drill that has a timeline.
    """

    index: int
    kicker: str
    drill: DrillResult
    figure: dict[str, Any] | None
    marks: Sequence[Mark]
    moments: Sequence[_Moment]
    origin_at: datetime | None = None
    time: RunningTime | None = None
    noted: Observations | None = None

    @property
    def lessons(self) -> Lessons:
        """What was good and what next."""
        return lessons(self.drill.scorecard) if self.drill.scorecard else Lessons((), ())

    @property
    def origin(self) -> str:
        card = self.drill.scorecard
        return "onset" if card and card.onset_at else "the start"

    def drill_s(self, start: datetime, end: datetime) -> float:
        """Drill seconds from one wall instant to another."""
        assert self.time is not None
        return self.time.drill_s(start, end)


def render_html(game_day: GameDay) -> str:
    """The whole file. The charts' script is in it once, compressed, and only if there is a chart."""
    drills = [page_of(drill, index, f"Drill {index}") for index, drill in enumerate(game_day.drills, start=1)]
    return render_page("game-day.html", drills, day=game_day)


def render_page(template: str, drills: Sequence[DrillPage], **subject: object) -> str:
    """A template with the pages of its drills, their charts, the house's style and its own subject."""
    figures = {f"chart-{page.index}": page.figure for page in drills if page.figure is not None}
    return (
        _environment()
        .get_template(template)
        .render(
            drills=drills,
            measures=MEASURES,
            style=_asset("style.css"),
            script=_asset("charts.js") if figures else "",
            figures=_as_script_data(figures),
            plotly=compressed_plotly() if figures else "",
            **subject,
        )
    )


def compressed_plotly() -> str:
    """plotly.js as base64 of gzip: less than half of its size, and its own links are not the page's."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), compresslevel=9, mtime=0)).decode()


def page_of(drill: DrillResult, index: int, kicker: str) -> DrillPage:
    """What the page shows of a drill."""
    timeline, card = drill.timeline, drill.scorecard
    if timeline is None:
        return DrillPage(index, kicker, drill, None, (), ())
    origin_at, time = origin_of(timeline, card), running_time(timeline.drill, timeline.events)
    return DrillPage(
        index,
        kicker,
        drill,
        figure(timeline, card),
        marks_of(timeline, card, origin_at),
        _moments(timeline.events, origin_at, time),
        origin_at,
        time,
        observed(timeline.events, card),
    )


def _moments(events: Sequence[Event], origin_at: datetime, time: RunningTime) -> list[_Moment]:
    """Every event as it came; of the oracle's many looks only those that saw something else than the one before."""
    moments = []
    last_look: dict[str, str] = {}
    for event in sorted(events, key=lambda event: event.occurred_at):
        told = tell(event)
        if event.kind == "oracle.checked":
            phase = str(event.data.get("phase"))
            if last_look.get(phase) == told.text:
                continue
            last_look[phase] = told.text
        moments.append(_Moment(event, told, time.drill_s(origin_at, event.occurred_at)))
    return moments


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("simulator.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "drill_time": drill_time,
        "wall_time": wall_time,
        "clock_time": clock_time,
        "percent": percent,
        "milliseconds": milliseconds,
        "verdict": lambda verdict: _VERDICTS[verdict],
        "told": _keep_units_together,
        "words": lambda name: str(name).replace("_", " "),
    }
    environment.globals |= {"both_times": both_times, "error_share": error_share}
    return environment


def _keep_units_together(text: str) -> str:
    return re.sub(r"(?<=\d) (?=(?:ms|%|s)\b|%)", "\u00a0", text)


def _asset(name: str) -> Markup:
    return Markup(files("simulator.report").joinpath("templates", name).read_text(encoding="utf-8"))


def _as_script_data(value: object) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))
