"""Timeline files: read, told apart from what is none, and scored without any service."""

from pathlib import Path

import orjson
from pydantic import ValidationError

from scoring.canonical import did_you_mean
from scoring.errors import TimelineError
from scoring.playbook import Playbook
from scoring.playbook_file import load_playbook
from scoring.scorecard import Scorecard, score
from scoring.timeline import KINDS, Timeline


def score_file(path: str | Path, playbook: str | Path | Playbook | None = None) -> Scorecard:
    """The scorecard of a timeline file, under the given playbook (name, path or loaded), else the one that it names.

    Raises TimelineError or PlaybookError, one line that names file, place and mend.
    """
    timeline = read_timeline(path)
    if playbook is None:
        playbook = timeline.drill.playbook
    if playbook is None:
        raise TimelineError(f"{path}: drill.playbook: the drill names no playbook; give one with --playbook NAME")
    book = playbook if isinstance(playbook, Playbook) else load_playbook(playbook)
    return score(timeline, book)


def read_timeline(path: str | Path) -> Timeline:
    """The timeline in a JSON file. Raises TimelineError."""
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise TimelineError(f"{path}: cannot be read: {error.strerror}; give the path of a timeline file") from None
    timeline = parse_timeline(text, str(path))
    if timeline.truth is None:
        raise TimelineError(f"{path}: truth: it is missing, so nothing can be scored; export the drill as facilitator")
    return timeline


def parse_timeline(text: bytes, where: str) -> Timeline:
    """A timeline from JSON text; `where` names it in errors. Raises TimelineError."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise TimelineError(f"{where}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}") from None
    if not isinstance(value, dict):
        raise TimelineError(f"{where}: a timeline is an object with `drill`, `truth`, `events` and `impact`")
    try:
        return Timeline.model_validate(value)
    except ValidationError as error:
        raise TimelineError(f"{where}: {first_error(error)}") from None


def first_error(error: ValidationError) -> str:
    """The first thing that is wrong, as `field: what (it is ...)`, with a hint for a misspelt kind."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the document"
    said = first["msg"].removeprefix("Value error, ")
    given = first["input"]
    if first["type"] == "missing":
        said = "this field is missing"
    elif first["type"] == "literal_error" and field.endswith("kind"):
        said = f"there is no kind of event {given!r}{did_you_mean(str(given), list(KINDS))}"
    elif isinstance(given, str | int | float | None):
        said = f"{said} (it is {str(given)[:80]!r})"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{field}: {said}{more}"
