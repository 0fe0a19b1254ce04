"""One way to write a value down, so that equal things have equal bytes (hashes, golden files, scorecards)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

import orjson

from scoring.errors import ScoringError


def canonical_json(value: Any) -> bytes:
    """Compact UTF-8 JSON with sorted keys.

    Raises ScoringError for what JSON cannot carry: integers beyond 64 bits, lone surrogates, foreign types.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise ScoringError(f"this cannot be written as JSON: {error}") from None


def digest(*parts: bytes) -> str:
    """SHA-256 over the parts, as 64 hexadecimal digits."""
    whole = sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()


def to_utc(at: datetime) -> datetime:
    """The same instant in UTC; ValueError when it has no zone or lies outside the calendar."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone, such as Z or +02:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("this instant is outside the calendar") from None


def write_instant(at: datetime) -> str:
    """UTC with microseconds always shown: 2026-01-05T10:00:00.000000Z."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:26] + "Z"


def write_instants(instants: Sequence[datetime | None]) -> list[str | None]:
    """What `write_instant` writes of each, at a fraction of the time where all are there and in UTC."""
    text = orjson.dumps(instants, option=orjson.OPT_UTC_Z).decode()
    if text.count("Z") != len(instants) or not instants:
        return [write_instant(at) if at else None for at in instants]
    return [written if len(written) == 27 else f"{written[:19]}.000000Z" for written in text[2:-2].split('","')]


def read_instant(text: object) -> datetime | None:
    """The instant in a text as `write_instant` writes it; None for anything else, which may still be an instant."""
    if type(text) is str and len(text) == 27 and text[26] == "Z" and text[10] == "T" and text[7] == "-":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    return None


def did_you_mean(word: str, known: list[str]) -> str:
    """`; did you mean 'x'?` for the nearest known word, or an empty text."""
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""
