"""The events that are marked on a drill's charts, numbered, and kept from covering each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.desk.sentences import Tone, tell
from scoring.scorecard import Scorecard
from scoring.timeline import Event, Timeline
from scoring.timeline.running import running_time

_FIRST_OF_KIND = (
    "fault.injected",
    "impact.started",
    "incident.acknowledged",
    "incident.declared",
    "incident.resolved",
    "drill.aborted",
)
_MOST_ALERTS = 6


@dataclass(frozen=True)
class Mark:
    """A numbered vertical line. `at_s` is drill seconds from the origin of the chart."""

    number: int
    at: datetime
    at_s: float
    text: str
    tone: Tone


def marks_of(timeline: Timeline, card: Scorecard | None, origin_at: datetime) -> tuple[Mark, ...]:
    """Fault, impact, alerts, acknowledgement, declaration, mitigation and resolution, each when it first came."""
    time = running_time(timeline.drill, timeline.events)
    found = sorted(_found(timeline, card), key=lambda entry: entry[0])
    return tuple(
        Mark(number, at, time.drill_s(origin_at, at), text, tone)
        for number, (at, text, tone) in enumerate(found, start=1)
    )


def lanes(positions: Sequence[float], least_gap: float) -> tuple[int, ...]:
    """The row, from 0, of each label at ascending positions so that those in one row are `least_gap` apart."""
    last: list[float] = []
    rows = []
    for position in positions:
        row = next((i for i, taken in enumerate(last) if position - taken >= least_gap), len(last))
        last[row : row + 1] = [position]
        rows.append(row)
    return tuple(rows)


def origin_of(timeline: Timeline, card: Scorecard | None) -> datetime:
    """The instant that charts call zero: the onset, else the start of the drill."""
    return card.onset_at if card and card.onset_at else timeline.drill.started_at


def _found(timeline: Timeline, card: Scorecard | None) -> Iterator[tuple[datetime, str, Tone]]:
    events = sorted(timeline.events, key=lambda event: event.occurred_at)
    for kind in _FIRST_OF_KIND:
        if event := next((event for event in events if event.kind == kind), None):
            told = tell(event)
            yield event.occurred_at, told.text, told.tone
    for event in _first_alerts(events):
        told = tell(event)
        yield event.occurred_at, told.text, told.tone
    if card and card.mitigated_at:
        yield card.mitigated_at, "mitigated: users are served from here on", "good"


def _first_alerts(events: Sequence[Event]) -> list[Event]:
    first: dict[str, Event] = {}
    for event in events:
        if event.kind == "alert.firing":
            first.setdefault(event.alert_name, event)
    return list(first.values())[:_MOST_ALERTS]
