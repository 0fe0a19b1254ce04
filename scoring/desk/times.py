"""Times as people type them: a while from now, a time of day, or an instant."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from scoring.playbook.figure import parse_duration

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*(?:utc|z))?", re.IGNORECASE | re.ASCII)
READABLE = "write a while from now such as 15m or 1h30m, or a time of day in UTC such as 14:30"

Later = Callable[[float], datetime | None]
"""The instant so many drill seconds from now; None while the drill clock stands."""


def read_time(text: str, now: datetime, later: Later) -> datetime:
    """The instant that is meant: `15m` or `in 15 min` of drill time from now, the next `14:30` UTC, or ISO 8601.

    Raises ValueError with a sentence that says how to write it.
    """
    said = text.strip()
    match = _TIME.fullmatch(said)
    if match is not None:
        return _next(match, said, now)
    try:
        drill_s = parse_duration(_short(said))
    except ValueError:
        return _instant(said)
    at = later(drill_s)
    if at is None:
        raise ValueError(
            "The drill clock stands, so a while from now cannot be told; write a time of day such as 14:30."
        )
    return at


def _next(match: re.Match[str], said: str, now: datetime) -> datetime:
    hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        at = datetime.combine(now.date(), time(hour, minute, second), UTC)
    except ValueError:
        raise ValueError(f"There is no time '{said}'; {READABLE}.") from None
    return at if at >= now else at + timedelta(days=1)


def _short(said: str) -> str:
    """`in 15 min` → `15m`."""
    words = re.sub(r"^in\s+", "", said.lower())
    words = re.sub(r"\s*(?:minutes?|mins?)\b", "m", words)
    words = re.sub(r"\s*(?:hours?|hrs?)\b", "h", words)
    words = re.sub(r"\s*(?:seconds?|secs?)\b", "s", words)
    return "".join(words.split())


def _instant(said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    shown = said if len(said) <= 40 else f"{said[:39]}…"
    raise ValueError(f"'{shown}' cannot be read as a time; {READABLE}.")
