"""What observers noted of a drill, by dimension and beside our own marks. It changes no score."""

from collections import defaultdict
from collections.abc import Iterable
from typing import get_args

from scoring.playbook import DIMENSIONS
from scoring.scorecard.cards import Card, Mark, Scorecard
from scoring.scorecard.finding import clip, plain
from scoring.timeline import Event, Instant
from scoring.timeline.arrival import in_order
from scoring.timeline.clocks import aligned

NOTED = "observation.noted"
_LONGEST = 2_000
_MARKS: dict[str, Mark] = {mark: mark for mark in get_args(Mark)}


class Note(Card):
    """One note: by whom, and when, in wall time. `mark` is null where none was given.

    `differs` says that their mark and ours are two.
    """

    by: str
    at: Instant
    mark: Mark | None
    text: str
    differs: bool
    event: str


class ObservedCard(Card):
    """Our mark of a dimension, null where it was not assessed, and what observers noted of it, in order."""

    ours: Mark | None
    notes: tuple[Note, ...]

    @property
    def differs(self) -> bool:
        """Whether an observer gave another mark than ours."""
        return any(note.differs for note in self.notes)


class Observations(Card):
    """Every note of a drill: `dimensions` has those of which there are any, `others` what is of no dimension."""

    dimensions: dict[str, ObservedCard]
    others: tuple[Note, ...]


def observed(events: Iterable[Event], card: Scorecard | None) -> Observations:
    """The notes among events that come in any order and with repeats, beside a drill's scorecard, if it has one. Pure.

    A note is `observation.noted` with `by` (else its source), `text`, and maybe `dimension` and `mark` (P, S, M or U).
    A dimension that there is not, and a mark that is none, count as not given.
    """
    ours = {name: dimension.mark for name, dimension in card.dimensions.items()} if card is not None else {}
    found: dict[str, list[Note]] = defaultdict(list)
    for event in in_order(aligned([event for event in events if event.kind == NOTED])):
        dimension = plain(event.text("dimension"))
        found[dimension if dimension in DIMENSIONS else ""].append(_note(event, ours.get(dimension)))
    return Observations(
        dimensions={n: ObservedCard(ours=ours.get(n), notes=tuple(found[n])) for n in DIMENSIONS if n in found},
        others=tuple(found[""]),
    )


def _note(event: Event, ours: Mark | None) -> Note:
    mark = _MARKS.get(event.text("mark").strip().upper())
    return Note(
        by=clip(event.text("by") or event.source),
        at=event.occurred_at,
        mark=mark,
        text=clip(event.text("text"), _LONGEST),
        differs=mark is not None and ours is not None and mark != ours,
        event=event.name,
    )
