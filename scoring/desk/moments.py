"""The timeline as a page shows it: a line for each event, by the drill clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.desk.drill_time import DrillTime
from scoring.desk.looking import ordered
from scoring.desk.sentences import Tone, tell
from scoring.timeline import Drill, Event

_LONGEST_OUTPUT = 2_000


@dataclass(frozen=True)
class Moment:
    """One event. `elapsed_s` is drill time since the drill's start; `output` is what a command printed."""

    at: datetime
    elapsed_s: float
    kind: str
    source: str
    text: str
    tone: Tone
    output: str


def moments(drill: Drill, events: Sequence[Event], most: int) -> list[Moment]:
    """The latest events, the newest first, at most so many; the oracle's looks are none of them."""
    known = ordered([event for event in events if event.kind != "oracle.checked"])
    time = DrillTime(drill, known)
    return [_moment(event, time) for event in reversed(known[-most:])]


def drill_time(drill: Drill, events: Sequence[Event]) -> DrillTime:
    """The drill clock as these events bend it."""
    return DrillTime(drill, events)


def _moment(event: Event, time: DrillTime) -> Moment:
    told = tell(event)
    output = event.text("output") if event.kind == "action.taken" else ""
    kept = "".join(c for c in output[-_LONGEST_OUTPUT:] if c.isprintable() or c in "\n\t")
    at = event.occurred_at
    return Moment(at, time.elapsed_s(at), event.kind, event.source, told.text, told.tone, kept)
