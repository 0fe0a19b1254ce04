"""Templates filled in."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent
STYLE = _HERE / "style.css"


def page(template: str, status: int = 200, headers: Mapping[str, str] | None = None, **told: Any) -> HTMLResponse:
    """A page. Whatever is told is escaped."""
    return HTMLResponse(_environment().get_template(template).render(**told), status, headers)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"instant": _instant, "duration": _duration, "words": _words}
    return environment


def _instant(at: datetime | None) -> str:
    """2026-01-05 10:00:00 UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _duration(seconds: float | None) -> str:
    """Drill seconds as people say them: 45 s, 7 min 30 s, 2 h 5 min, 3 d 4 h."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.3g} s"
    for unit, name, smaller, smaller_name in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")
    raise AssertionError(seconds)


def _words(name: str) -> str:
    """not_assessed → not assessed."""
    return name.replace("_", " ")
