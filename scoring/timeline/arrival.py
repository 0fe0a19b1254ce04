"""What arrived, put in order: each event and each load window once, in whatever order and however often it came."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, islice, pairwise
from operator import attrgetter, eq

from scoring.canonical import canonical_json
from scoring.timeline import Event, Window
from scoring.timeline.clocks import aligned

Rank = tuple[str, str, bytes, str]

_occurred_at = attrgetter("occurred_at")
_at = attrgetter("at")


def rank(event: Event) -> Rank:
    """What orders events of one instant; all but the last part say what happened, the last is the key."""
    return event.kind, event.source, canonical_json(event.data), event.key or ""


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events by when they occurred, each once, however they arrived.

    Two events are the same when they share a key, or when kind, instant, source and data agree. Of several under one
    key the one that occurred first stands, so that no repeat can move it. What was said is compared only where
    instants are equal.
    """
    ordered = sorted(events, key=_occurred_at)
    ranks: dict[int, tuple[object, ...]] = {}
    for first, last in _ties(list(map(_occurred_at, ordered))):
        ordered[first:last] = sorted(ordered[first:last], key=rank)
        ranks |= {place: (ordered[place].occurred_at, *rank(ordered[place])[:3]) for place in range(first, last)}
    seen: set[str] = set()
    kept: list[Event] = []
    before: tuple[object, ...] | None = None
    for place, event in enumerate(ordered):
        occurrence = ranks.get(place)
        if (event.key and event.key in seen) or (occurrence is not None and occurrence == before):
            continue
        before = occurrence
        kept.append(event)
        if event.key:
            seen.add(event.key)
    return kept


def in_order_by_kind(events: Iterable[Event]) -> dict[str, tuple[list[Event], list[datetime]]]:
    """The same by kind, with their instants; in one go where no two share an instant or a key."""
    found: dict[str, tuple[list[Event], list[datetime]]] = defaultdict(lambda: ([], []))
    keys: list[str] = []
    before: datetime | None = None
    for event in (ordered := sorted(events, key=_occurred_at)):
        said = vars(event)
        at, key = said["occurred_at"], said["key"]
        if at == before:
            break
        before = at
        if key:
            keys.append(key)
        known, times = found[said["kind"]]
        known.append(event)
        times.append(at)
    else:
        if len(set(keys)) == len(keys):
            return found
    found.clear()
    for event in in_order(ordered):
        known, times = found[event.kind]
        known.append(event)
        times.append(event.occurred_at)
    return found


def _ties(instants: Sequence[datetime]) -> Iterator[tuple[int, int]]:
    """[first, last) of each stretch of equal instants."""
    last = 0
    for place, is_same in enumerate(map(eq, instants, islice(instants, 1, None))):
        if is_same and place >= last:
            last = bisect_right(instants, instants[place], lo=place)
            yield place, last


def windows_in_order(windows: Iterable[Window]) -> list[Window]:
    """The load windows by their start, each start once: of several, the one with the least requests stands."""
    ordered = sorted(windows, key=_at)
    if all(a.at != b.at for a, b in pairwise(ordered)):
        return ordered
    return [min(together, key=window_rank) for _, together in groupby(ordered, _at)]


def window_rank(window: Window) -> tuple[int, int, float, bytes, bool]:
    """What orders load windows of one start."""
    says_seconds = "seconds" in window.model_fields_set
    body = canonical_json(window.model_dump(mode="json"))
    return window.requests, window.failures, window.p95_ms or 0.0, body, not says_seconds


def pace_s(windows: Sequence[Window]) -> float | None:
    """Seconds of wall time from one start to the next, at the shortest; None for fewer than two ordered windows."""
    return min(((b.at - a.at).total_seconds() for a, b in pairwise(windows)), default=None)


def with_seconds(window: Window, pace_s: float | None) -> Window:
    """The window with the length that the pace of starts gives it."""
    return window if pace_s in (None, window.seconds) else window.model_copy(update={"seconds": pace_s})


class Shifts:
    """By how much the events of each source are moved for its clock, as they come in."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._witness: dict[str, Event] = {}
        """Of each source the event that decides: one that does not say when it was sent, else the quickest."""
        for event in events:
            self._hear(event)

    def moved(self, event: Event) -> Event | None:
        """The event as its source is moved; None when it shows that those before it have to be moved otherwise."""
        witness = self._witness.get(event.source)
        if witness is not None and _delay(witness) is None:
            return event
        self._hear(event)
        if witness is None:
            return aligned((event,))[0]
        before = aligned((witness,))[0]
        same, moved = aligned((witness, event))
        return moved if same.occurred_at == before.occurred_at else None

    def _hear(self, event: Event) -> None:
        witness = self._witness.setdefault(event.source, event)
        before, delay = _delay(witness), _delay(event)
        if before is not None and (delay is None or delay < before):
            self._witness[event.source] = event


def _delay(event: Event) -> timedelta | None:
    """From sending to receiving, by two clocks; None where either is not told."""
    return None if event.sent_at is None or event.received_at is None else event.received_at - event.sent_at
