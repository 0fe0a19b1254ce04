"""Events, windows and drills as rows, and back; and the digests that hold them together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from sqlalchemy import Row as Found

from scoring.canonical import canonical_json, digest, write_instant
from scoring.errors import RecordError, ScoringError
from scoring.timeline import Baseline, Drill, Event, Truth, Window
from scoring.timeline.chain import genesis

Values = dict[str, Any]


@dataclass(frozen=True)
class Stamped:
    """An event with its place in its drill's chain; `is_new` is false for a retry, answered as it was then."""

    seq: int
    event: Event
    is_new: bool = True


def said_by(event: Event) -> Values:
    """The columns that an event itself fills. Raises ScoringError for what the record cannot carry."""
    for field, text in (("key", event.key), ("source", event.source)):
        if text and "\0" in text:
            raise ScoringError(f"{field}: a NUL character cannot be kept; leave it out")
    return {
        "kind": event.kind,
        "occurred_at": write_instant(event.occurred_at),
        "source": event.source,
        "data": canonical_json(event.data).decode(),
        "key": event.key,
        "sent_at": write_instant(event.sent_at) if event.sent_at else None,
    }


def hash_of(row: Mapping[str, Any], previous_hash: str) -> str:
    """What `chain.event_hash` gives for the event of these columns, without reading its data.

    Raises ScoringError for texts that are no Unicode.
    """
    said = {name: row[name] for name in ("kind", "occurred_at", "received_at", "source", "key")}
    if row["sent_at"] is not None:
        said["sent_at"] = row["sent_at"]
    return digest(previous_hash.encode(), b"\0", canonical_json({**said, "data": orjson.Fragment(row["data"])}))


def event_of(row: Any) -> Event:
    """The event in a row. Raises RecordError where it is none, as no event of ours was stored so."""
    try:
        return Event.model_validate(
            {
                "kind": row.kind,
                "occurred_at": row.occurred_at,
                "source": row.source,
                "data": orjson.loads(row.data),
                "key": row.key,
                "sent_at": row.sent_at,
                "received_at": row.received_at,
                "previous_hash": row.previous_hash,
                "hash": row.hash,
            }
        )
    except (ValidationError, orjson.JSONDecodeError):
        raise RecordError(f"event {row.seq} of drill {row.drill_id} was changed: it is no event any more") from None


def definition_text(drill: Drill, truth: Truth) -> str:
    """What a drill is created with, as canonical JSON."""
    said = {"drill": drill.model_dump(mode="json", exclude={"ended_at"}), "truth": truth.model_dump(mode="json")}
    return canonical_json(said).decode()


def definition_digest(definition: str, playbook_text: str) -> str:
    """The digest over a definition and the playbook as it was."""
    return digest(definition.encode(), b"\0", playbook_text.encode())


def definition_of(row: Found[Any]) -> tuple[Drill, Truth]:
    """The drill and its truth. Raises RecordError if either, or the playbook, was changed after it began."""
    if definition_digest(row.definition, row.playbook_text) != row.definition_hash:
        raise RecordError(f"the definition, truth or playbook of drill {row.id} was changed after it began")
    said = orjson.loads(row.definition)
    try:
        drill = Drill.model_validate({**said["drill"], "ended_at": row.ended_at})
    except ValidationError:
        raise RecordError(f"the end of drill {row.id} was changed: {row.ended_at!r} is no instant") from None
    return drill, Truth.model_validate(said["truth"])


def baseline_text(baseline: Baseline) -> str:
    """A baseline as canonical JSON."""
    return canonical_json(baseline.model_dump(mode="json")).decode()


def baseline_digest(drill_id: str, body: str) -> str:
    """The digest over a drill's baseline."""
    return digest(genesis(drill_id).encode(), body.encode())


def baseline_of(row: Found[Any]) -> Baseline | None:
    """The baseline. Raises RecordError if it was changed after it was taken."""
    if row.baseline is None and row.baseline_hash is None:
        return None
    if row.baseline is None or baseline_digest(row.id, row.baseline) != row.baseline_hash:
        raise RecordError(f"the baseline of drill {row.id} was changed after it was taken")
    return Baseline.model_validate_json(row.baseline)


def window_text(window: Window) -> str:
    """A load window as canonical JSON."""
    return canonical_json(window.model_dump(mode="json")).decode()


def window_hash(previous_hash: str, body: str) -> str:
    """A load window's hash, which covers the one before it."""
    return digest(previous_hash.encode(), b"\0", body.encode())


_SEALED = ("id", "position", "definition_hash", "ended_at", "baseline_hash", "events", "head", "windows")
_SEALED_TOO = ("windows_head", "team", "game_day")


def seal_of(row: Mapping[str, Any]) -> str:
    """The digest over a drill's row: its definition, its end, its baseline, and how many events and windows it has."""
    return digest(canonical_json([row[name] for name in (*_SEALED, *_SEALED_TOO)]))
