"""Templates filled in."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scoring.scorecard.sla import spell

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


def _duration(drill_s: float | None) -> str:
    """Drill seconds as people say them; nothing for a time that never came."""
    return "" if drill_s is None else spell(drill_s)


def _words(name: str) -> str:
    """not_assessed → not assessed."""
    return name.replace("_", " ")
