"""The hash chain that makes a timeline append-only: each event's hash covers it and the hash before it."""

from collections.abc import Iterable

from scoring.canonical import canonical_json, digest, write_instant
from scoring.errors import RecordError
from scoring.timeline import Event


def genesis(drill_id: str) -> str:
    """What stands in for the hash before a drill's first event, so that events cannot change drills."""
    return digest(b"drill\0", drill_id.encode())


def event_hash(event: Event, previous_hash: str) -> str:
    """SHA-256 of the previous hash and the canonical JSON of what the event says."""
    said = {
        "kind": event.kind,
        "occurred_at": write_instant(event.occurred_at),
        "received_at": write_instant(event.received_at) if event.received_at else None,
        "source": event.source,
        "data": event.data,
        "key": event.key,
    }
    return digest(previous_hash.encode(), b"\0", canonical_json(said))


def link(event: Event, previous_hash: str) -> Event:
    """The event with its place in the chain."""
    return event.model_copy(update={"previous_hash": previous_hash, "hash": event_hash(event, previous_hash)})


def verify(drill_id: str, events: Iterable[Event]) -> None:
    """Prove that the events are the whole chain of this drill, in whatever order they are given.

    Raises RecordError that names the first bent event. Events that carry no hash at all are not a chain and pass:
    they come from a recorder that keeps none.
    """
    by_previous: dict[str, Event] = {}
    count = 0
    for event in events:
        if event.hash is None and event.previous_hash is None:
            if by_previous:
                raise RecordError(f"event {event.name} of drill {drill_id} carries no hash, others do")
            count += 1
            continue
        if count:
            raise RecordError(f"event {event.name} of drill {drill_id} carries a hash, others do not")
        previous = event.previous_hash or ""
        if event_hash(event, previous) != event.hash:
            raise RecordError(f"event {event.name} of drill {drill_id} was changed: its hash is not that of its text")
        other = by_previous.setdefault(previous, event)
        if other.hash != event.hash:
            raise RecordError(f"event {event.name} of drill {drill_id} claims the place of {other.name}")
    at = genesis(drill_id)
    walked = 0
    while (following := by_previous.get(at)) is not None:
        at, walked = following.hash or "", walked + 1
    if walked != len(by_previous):
        raise RecordError(f"the record of drill {drill_id} breaks after {walked} of {len(by_previous)} events")
