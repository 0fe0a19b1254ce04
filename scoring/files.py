"""Timeline files: read, told apart from what is none, and scored without any service.

A file is a `Timeline` as JSON, see `scoring.schemas`. What is null is as good as left out. Every error is one line that
names file, field and mend.
"""

from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from scoring.canonical import did_you_mean
from scoring.errors import TimelineError
from scoring.playbook import DIMENSIONS, Playbook
from scoring.playbook.file import load_playbook
from scoring.scorecard import Scorecard, score
from scoring.timeline import KINDS, Timeline
from scoring.timeline.collector import paused

_OBJECTS = ("drill", "truth", "baseline")
_LISTS = ("events", "impact")
_LEAST_YEAR, _LAST_YEAR = 1970, 9000
"""Instants outside these years are slips, and leave no room to reckon with."""


def score_file(path: str | Path, playbook: str | Path | Playbook | None = None) -> Scorecard:
    """The scorecard of a timeline file, under the given playbook (name, path or loaded), else the one that it names.

    Raises TimelineError or PlaybookError, one line that names file, place and mend.
    """
    with paused():
        return _score(read_timeline(path), str(path), playbook)


def score_text(text: bytes, where: str, playbook: str | Path | Playbook | None = None) -> Scorecard:
    """The same for a timeline that is at hand; `where` names it in errors."""
    with paused():
        return _score(_whole(parse_timeline(text, where), where), where, playbook)


def read_timeline(path: str | Path) -> Timeline:
    """The timeline in a JSON file, fit to be scored. Raises TimelineError."""
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise TimelineError(f"{path}: cannot be read: {error.strerror}; give the path of a timeline file") from None
    return _whole(parse_timeline(text, str(path)), str(path))


def parse_timeline(text: bytes, where: str) -> Timeline:
    """A timeline from JSON text; `where` names it in errors. Raises TimelineError."""
    with paused():
        timeline = _parse(text, where)
    if said := _contradiction(timeline):
        raise TimelineError(f"{where}: {said}")
    return timeline


def _parse(text: bytes, where: str) -> Timeline:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise TimelineError(f"{where}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}") from None
    if not isinstance(value, dict):
        raise TimelineError(f"{where}: a timeline is an object with `drill`, `truth`, `events` and `impact`")
    try:
        return Timeline.model_validate(_without_nulls(value))
    except ValidationError as error:
        raise TimelineError(f"{where}: {first_error(error)}") from None


def first_error(error: ValidationError) -> str:
    """The first thing that is wrong, as `field: what (it is ...)`, with a hint for a misspelt kind."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the document"
    said = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    if first["type"] == "missing":
        said = "this field is missing; add it"
    elif first["type"] == "literal_error" and field.endswith("kind"):
        said = f"there is no kind of event {given!r:.80}{did_you_mean(str(given), list(KINDS))}"
    elif isinstance(given, str | int | float | None):
        said = f"{said} (it is {str(given)[:80]!r})"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{field}: {said}{more}"


def _whole(timeline: Timeline, where: str) -> Timeline:
    if timeline.truth is None:
        raise TimelineError(f"{where}: truth: it is missing, so nothing can be scored; export the drill as facilitator")
    return timeline


def _score(timeline: Timeline, where: str, playbook: str | Path | Playbook | None) -> Scorecard:
    if playbook is None:
        playbook = timeline.drill.playbook
    if playbook is None:
        raise TimelineError(f"{where}: drill.playbook: the drill names no playbook; give one with --playbook NAME")
    book = playbook if isinstance(playbook, Playbook) else load_playbook(playbook)
    level = timeline.truth.severity.get(book.name) if timeline.truth else None
    if level is not None and book.gravity(level) is None:
        known = [each.id for each in book.levels]
        hint = did_you_mean(level, known) or f"; there are: {', '.join(known)}"
        raise TimelineError(f"{where}: truth.severity.{book.name}: it has no level {level!r:.80}{hint}")
    return score(timeline, book)


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """The document without its nulls, but for those inside the data of events."""
    found = {name: item for name, item in value.items() if item is not None}
    for name in _OBJECTS:
        if name in found:
            found[name] = _told(found[name])
    for name in _LISTS:
        if isinstance(found.get(name), list):
            found[name] = [_told(item) for item in found[name]]
    return found


def _told(item: Any) -> Any:
    if isinstance(item, dict) and None in item.values():
        return {name: inner for name, inner in item.items() if inner is not None}
    return item


def _contradiction(timeline: Timeline) -> str | None:
    """What cannot be, though each field for itself could."""
    drill = timeline.drill
    if drill.ended_at is not None and drill.ended_at < drill.started_at:
        return "drill.ended_at: it is before drill.started_at; give the instant at which the drill ended"
    if name := next((name for name in drill.not_assessed if name not in DIMENSIONS), None):
        hint = did_you_mean(name, list(DIMENSIONS)) or f"; there are: {', '.join(DIMENSIONS)}"
        return f"drill.not_assessed: there is no dimension {name!r:.80}{hint}"
    for i, window in enumerate(timeline.impact):
        if window.failures > window.requests:
            return f"impact.{i}.failures: {window.failures} of {window.requests} requests cannot fail; count each once"
    for field, instants in (
        ("drill.started_at", (drill.started_at,)),
        ("drill.ended_at", (drill.ended_at or drill.started_at,)),
        ("events.{}.occurred_at", (event.occurred_at for event in timeline.events)),
        ("impact.{}.at", (window.at for window in timeline.impact)),
    ):
        for i, at in enumerate(instants):
            if not _LEAST_YEAR <= at.year <= _LAST_YEAR:
                years = f"from {_LEAST_YEAR} to {_LAST_YEAR}"
                return f"{field.format(i)}: the year {at.year} is no year of a drill; give one {years}"
    return None
