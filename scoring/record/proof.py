"""Proving a drill whole, row by row in bounded memory, or naming the first thing that was bent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from scoring.errors import RecordError, ScoringError
from scoring.record.rows import hash_of, seal_of, window_hash
from scoring.record.tables import EVENT
from scoring.timeline.chain import genesis

_COLUMNS = tuple(EVENT.c.keys())


@dataclass(frozen=True)
class Proof:
    """A drill is whole: so many events and load windows; `head` is the last event's hash, which covers them all."""

    events: int
    windows: int
    head: str


def proven_events(drill: Row[Any], rows: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    """The drill's event rows, whole and in the order of `seq`, each proven before it is passed on.

    Raises RecordError that names the first event that was changed, moved, removed or put in.
    """
    head, count = genesis(drill.id), 0
    for row in rows:
        _follows(f"event {count + 1} of drill {drill.id}", row.seq, count + 1, drill.events)
        name = f"event {row.seq} of drill {drill.id} ({row.kind}{f', key {row.key!r}' if row.key else ''})"
        if not _is_of_its_hash(row):
            raise RecordError(f"{name} was changed: its hash is not that of its text")
        if row.previous_hash != head:
            raise RecordError(f"{name} does not follow event {count}: one of them was moved or replaced")
        head, count = row.hash, row.seq
        yield row
    if count != drill.events:
        raise RecordError(f"event {count + 1} of drill {drill.id} is missing: {drill.events} were acknowledged")
    if head != drill.head:
        raise RecordError(f"the head of drill {drill.id} was changed: it is not the hash of its last event, {count}")


def proven_windows(drill: Row[Any], rows: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    """The drill's load windows, given in the order of `seq`, each proven before it is passed on. Raises RecordError."""
    head, count = genesis(drill.id), 0
    for row in rows:
        _follows(f"load window {count + 1} of drill {drill.id}", row.seq, count, drill.windows - 1)
        head, count = window_hash(head, str(row.body)), count + 1
        if head != row.hash:
            raise RecordError(f"the load window at {row.at} of drill {drill.id} was changed")
        yield row
    if count != drill.windows:
        raise RecordError(f"load window {count + 1} of drill {drill.id} is missing: {drill.windows} were acknowledged")
    if head != drill.windows_head:
        raise RecordError(f"the head of the load windows of drill {drill.id} was changed")


def prove_seal(drill: Row[Any]) -> None:
    """Prove the rest of a drill's row: its end, its baseline, its counts and heads. Raises RecordError."""
    if seal_of(drill._asdict()) != drill.seal:
        raise RecordError(
            f"the row of drill {drill.id} was changed: its end, baseline, team, game day, counts or heads are not those"
            " that were sealed"
        )


def _follows(name: str, seq: Any, expected: int, last: int) -> None:
    if seq != expected:
        raise RecordError(f"{name} is missing: what follows is there")
    if expected > last:
        raise RecordError(f"{name} was put in: it was never acknowledged")


def _is_of_its_hash(row: Row[Any]) -> bool:
    try:
        return hash_of(dict(zip(_COLUMNS, row, strict=True)), row.previous_hash) == str(row.hash)
    except (TypeError, AttributeError, ScoringError):  # a number or nothing at all where a text was
        return False
