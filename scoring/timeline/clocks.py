"""Events of a source whose clock is wrong, moved to the clock of scoring.

A sender may say when, by its own clock, it sent an event; scoring knows when it received it. The quickest delivery of a
source shows how wrong that clock is: with o = min(received_at − sent_at) over its events, `occurred_at` moves by o. A
delivery cannot take less than no time, so o below zero proves a clock that is ahead; o above zero is a clock that is
behind, or a source all of whose deliveries were slow, which nobody can tell apart.

(Cristian's "Probabilistic clock synchronization", 1989, takes the quickest exchange for the same reason.)
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from scoring.timeline import Event

TOLERANCE = timedelta(seconds=1)
"""Wall time by which a clock may be off before it is corrected: less is no more than a delivery may take."""


def aligned(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events, with those of each wrong clock moved. Pure; the order of events makes no difference.

    Only a source whose every event says when it was sent and received is moved, and only by more than `TOLERANCE`.
    """
    offsets = {source: offset for source, offset in offsets_of(events).items() if abs(offset) > TOLERANCE}
    if not offsets:
        return tuple(events)
    return tuple(_moved(event, offsets[event.source]) if event.source in offsets else event for event in events)


def offsets_of(events: Iterable[Event]) -> dict[str, timedelta]:
    """By source, how far its clock is behind scoring's; sources of which nobody can tell are left out."""
    least: dict[str, timedelta | None] = {}
    for event in events:
        sent_at, received_at = event.sent_at, event.received_at
        if sent_at is None or received_at is None:
            least[event.source] = None
            continue
        offset = received_at - sent_at
        known = least.get(event.source, offset)
        least[event.source] = None if known is None else min(known, offset)
    return {source: offset for source, offset in least.items() if offset is not None}


def _moved(event: Event, offset: timedelta) -> Event:
    try:
        return event.model_copy(update={"occurred_at": event.occurred_at + offset})
    except OverflowError:  # a clock so wrong that it leads out of the calendar says nothing
        return event
