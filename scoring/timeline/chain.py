"""The hash chain that makes a timeline append-only: each event's hash covers it and the hash before it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from operator import attrgetter

from scoring.canonical import canonical_json, digest, write_instants
from scoring.errors import RecordError
from scoring.timeline import Event

_INSTANTS = ("occurred_at", "received_at", "sent_at")


def genesis(drill_id: str) -> str:
    """What stands in for the hash before a drill's first event, so that events cannot change drills."""
    return digest(b"drill\0", drill_id.encode())


def event_hash(event: Event, previous_hash: str) -> str:
    """SHA-256 of the previous hash and the canonical JSON of what the event says; of `sent_at` where there is one."""
    return _hash(event, previous_hash, *write_instants((event.occurred_at, event.received_at, event.sent_at)))


def _hash(
    event: Event, previous_hash: str, occurred_at: str | None, received_at: str | None, sent_at: str | None
) -> str:
    said = {
        "data": event.data,
        "key": event.key,
        "kind": event.kind,
        "occurred_at": occurred_at,
        "received_at": received_at,
        "source": event.source,
    }
    if sent_at is not None:
        said["sent_at"] = sent_at
    return sha256((previous_hash + "\0").encode() + canonical_json(said)).hexdigest()


def link(event: Event, previous_hash: str) -> Event:
    """The event with its place in the chain."""
    return event.model_copy(update={"previous_hash": previous_hash, "hash": event_hash(event, previous_hash)})


def verify(drill_id: str, events: Iterable[Event]) -> None:
    """Prove that the events are the whole chain of this drill, in whatever order they are given.

    Raises RecordError that names the first bent event. Events that carry no hash at all are not a chain and pass:
    they come from a recorder that keeps none.
    """
    chain = Chain(drill_id)
    chain.add(events)
    if (fault := chain.fault()) is not None:
        raise RecordError(fault)


class Chain:
    """A chain as its events come in, in any order; each is hashed once. What it says does not depend on the order."""

    def __init__(self, drill_id: str) -> None:
        self._drill_id = drill_id
        self._by_previous: dict[str, Event] = {}
        self._bare: list[Event] = []
        self._changed: list[Event] = []
        self._rivals: dict[str, dict[str, Event]] = {}
        self._head = genesis(drill_id)
        self._walked = 0

    def add(self, events: Iterable[Event]) -> None:
        """Take in more events; one that is there already changes nothing."""
        linked: list[Event] = []
        for event in events:
            (self._bare if event.previous_hash is None and event.hash is None else linked).append(event)
        instants = [write_instants(list(map(attrgetter(name), linked))) for name in _INSTANTS]
        known = self._by_previous
        for event, occurred_at, received_at, sent_at in zip(linked, *instants, strict=True):
            previous, own = event.previous_hash or "", event.hash
            if _hash(event, previous, occurred_at, received_at, sent_at) != own or own is None:
                self._changed.append(event)
            elif known.setdefault(previous, event) is not event and (other := known[previous]).hash != own:
                self._rivals.setdefault(previous, {str(other.hash): other})[own] = event
            elif previous == self._head:
                self._head, self._walked = own, self._walked + 1
        while self._walked < len(known) and (following := known.get(self._head)) is not None:
            self._head, self._walked = following.hash or "", self._walked + 1

    def fault(self) -> str | None:
        """What is wrong with the chain as it stands, in one line; None when it is whole or there is none."""
        drill = f"of drill {self._drill_id}"
        if self._bare:
            is_chain = self._by_previous or self._changed
            return f"event {_first(self._bare).name} {drill} carries no hash, others do" if is_chain else None
        if self._changed:
            return f"event {_first(self._changed).name} {drill} was changed: its hash is not that of its text"
        if self._rivals:
            claims = (sorted(rivals.values(), key=_place)[:2] for rivals in self._rivals.values())
            first, second = min(claims, key=lambda pair: _place(pair[0]))
            return f"event {second.name} {drill} claims the place of {first.name}"
        if self._walked != len(self._by_previous):
            return f"the record {drill} breaks after {self._walked} of {len(self._by_previous)} events"
        return None


def _first(events: Sequence[Event]) -> Event:
    return min(events, key=_place)


def _place(event: Event) -> tuple[datetime, str, str]:
    return event.occurred_at, event.name, event.hash or ""
