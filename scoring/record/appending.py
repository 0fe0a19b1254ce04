"""Where new events go in their drill's chain: pure, so that one transaction can carry many requests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scoring.canonical import write_instant
from scoring.record.errors import Conflict
from scoring.record.rows import Stamped, Values, hash_of, said_by
from scoring.timeline import Event

END_KINDS = frozenset({"drill.ended", "drill.aborted"})


@dataclass(frozen=True)
class Append:
    """A request to append events, all or none. Where the `first_stands`, a key used for something else is no conflict.

    Events are stamped with `received_at`; where that is None they keep their own, as when a drill is restored.
    """

    drill_id: str
    events: Sequence[Event]
    received_at: datetime | None
    first_stands: bool = False


@dataclass
class Chain:
    """A drill's chain while a transaction adds to it: `by_key` has its events that requests may repeat."""

    drill: Values
    by_key: dict[str, Stamped] = field(default_factory=dict)
    rows: list[Values] = field(default_factory=list)

    def append(self, request: Append) -> list[Stamped]:
        """Add the events of a request; the stamped events in its order.

        An event whose key is there already with the same content is answered as it was then. Raises Conflict for a key
        used for something else, and ScoringError for what cannot be kept; then nothing was added.
        """
        prepared = [(event, said_by(event)) for event in request.events]
        if not request.first_stands:
            self._check(prepared)
        return [self._place(event, said, request.received_at) for event, said in prepared]

    def _check(self, prepared: Iterable[tuple[Event, Values]]) -> None:
        among: dict[str, Values] = {}
        for event, said in prepared:
            if event.key is None:
                continue
            before = self.by_key.get(event.key)
            first = said_by(before.event) if before else among.setdefault(event.key, said)
            if any(first[name] != said[name] for name in ("kind", "occurred_at", "source", "data")):
                raise Conflict(f"key '{event.key}' of drill '{self.drill['id']}' was used for another event")

    def _place(self, event: Event, said: Values, received_at: datetime | None) -> Stamped:
        if event.key is not None and (before := self.by_key.get(event.key)) is not None:
            return before if not before.is_new else Stamped(before.seq, before.event, is_new=False)
        drill = self.drill
        at = received_at or event.received_at or event.occurred_at
        row: dict[str, Any] = {"drill_id": drill["id"], "seq": drill["events"] + 1, **said}
        row |= {"received_at": write_instant(at), "previous_hash": drill["head"]}
        row["hash"] = hash_of(row, drill["head"])
        chained = {"received_at": at, "previous_hash": row["previous_hash"], "hash": row["hash"]}
        stamped = Stamped(row["seq"], event.model_copy(update=chained))
        drill |= {"events": row["seq"], "head": row["hash"]}
        if event.kind in END_KINDS and drill["ended_at"] is None:
            drill["ended_at"] = said["occurred_at"]
        self.rows.append(row)
        if event.key is not None:
            self.by_key[event.key] = stamped
        return stamped
