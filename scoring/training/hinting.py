"""Hints of a guided drill: which were taken, and which one comes next. Pure.

A hint's level is its place among the hints, from 1. They are taken in order, and each counts once: the key of its event
holds its text, so that nobody who has not read it can write the event in its place.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from scoring.canonical import digest
from scoring.timeline import Event, Hint, Kind

TAKEN: Kind = "hint.taken"


def key_of(hints: Sequence[Hint], level: int) -> str:
    """The key of the event by which a hint is taken."""
    return f"hint/{level}/{digest(hints[level - 1].text.encode('utf-8', 'replace'))[:16]}"


def taken(hints: Sequence[Hint], events: Iterable[Event]) -> list[Event]:
    """The events by which hints were taken, in the order of their levels, up to the first that was not."""
    by_key = {event.key: event for event in events if event.kind == TAKEN}
    found: list[Event] = []
    while len(found) < len(hints) and (event := by_key.get(key_of(hints, len(found) + 1))) is not None:
        found.append(event)
    return found


def take(hints: Sequence[Hint], level: int, who: str, at: datetime) -> Event:
    """The event by which somebody takes a hint."""
    hint = hints[level - 1]
    return Event(
        kind=TAKEN,
        occurred_at=at,
        source="console",
        data={"level": level, "text": hint.text, "cost": hint.cost, "who": who},
        key=key_of(hints, level),
    )
