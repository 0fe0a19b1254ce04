"""Templates filled in."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from scoring.console.assets import FOLDER, address_of
from scoring.playbook.figure import write_duration
from scoring.playbook.words import say_criterion
from scoring.scorecard.sla import spell
from scoring.tabletop.words import elapsed, say_answer, say_shown


def page(template: str, status: int = 200, headers: Mapping[str, str] | None = None, **told: Any) -> HTMLResponse:
    """A page. Whatever is told is escaped."""
    return HTMLResponse(_environment().get_template(template).render(**told), status, headers)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock_time": _clock_time,
        "criterion": say_criterion,
        "drill_clock": _drill_clock,
        "duration": _duration,
        "elapsed": lambda drill_s: elapsed(round(drill_s)),
        "figure": write_duration,
        "hours": _hours,
        "instant": _instant,
        "markdown": _markdown,
        "say_answer": say_answer,
        "say_shown": say_shown,
        "web": _web,
        "words": _words,
    }
    environment.globals |= {"asset": address_of}
    return environment


def _instant(at: datetime | None) -> str:
    """2026-01-05 10:00:00 UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _clock_time(at: datetime | None) -> str:
    """10:00:00 UTC."""
    return "" if at is None else f"{at:%H:%M:%S} UTC"


def _drill_clock(drill_s: float) -> str:
    """Drill seconds as a clock shows them: `4:05`, `1:04:05`; a minus before what is over."""
    whole = abs(int(drill_s))
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    sign = "−" if drill_s <= -1 else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{sign}{minutes}:{seconds:02d}"


def _hours(drill_s: float) -> str:
    """Scenario time to the second: `0:04:05`."""
    minutes, seconds = divmod(max(0, int(drill_s + 0.01)), 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours}:{rest:02d}:{seconds:02d}"


def _markdown(text: str) -> Markup:
    """Markdown as HTML: no HTML of its own, no pictures, and links only for reading."""
    return Markup(_reader().render(text))


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _duration(drill_s: float | None) -> str:
    """Drill seconds as people say them; nothing for a time that never came."""
    return "" if drill_s is None else spell(drill_s)


def _web(address: str) -> str:
    """An address that a browser can open; empty for any other text."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def _words(name: str) -> str:
    """not_assessed → not assessed."""
    return name.replace("_", " ")
