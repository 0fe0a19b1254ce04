"""A drill under review: what its timeline tells, what was saved and filed since, and what the last time left open."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from scoring.playbook import Playbook
from scoring.publishing.document import Document
from scoring.record.drafts import Draft, Drafts
from scoring.record.items import Item, Items
from scoring.review import Review
from scoring.review.draft import draft
from scoring.review.form import Fields, fields_of, filed_fields, filled_in
from scoring.review.write_up import Told, write_up
from scoring.scorecard.cards import Scorecard
from scoring.timeline import Drill, Event, Timeline, Truth


@dataclass(frozen=True)
class UnderReview:
    """`drafted` is what the timeline tells; `filed` are the reviews with texts, in the order of arrival.

    `card` is None, and the timeline without what tells the truth, while the drill runs.
    """

    timeline: Timeline
    playbook: Playbook
    card: Scorecard | None
    drafted: Review
    filed: tuple[Event, ...]
    saved: Draft | None
    from_last_time: tuple[Item, ...]

    @property
    def is_as_filed(self) -> bool:
        """Whether what was filed last is the latest word."""
        return bool(self.filed) and (self.saved is None or self.saved.saved_at <= self.filed[-1].occurred_at)

    @property
    def version(self) -> int:
        """The version of the draft that was saved last; 0 for none."""
        return self.saved.version if self.saved else 0

    def fields(self) -> Fields:
        """What the form holds: the latest word, else what the timeline tells."""
        if self.saved is not None and (not self.filed or self.saved.saved_at >= self.filed[-1].occurred_at):
            return {name: list(values) for name, values in self.saved.fields.items()}
        return filed_fields(self.drafted, self.filed) if self.filed else fields_of(self.drafted)

    def review(self) -> Review:
        """The review as it stands."""
        return filled_in(self.drafted, self.fields())

    def state(self) -> str:
        """How far it is, in a sentence."""
        if self.is_as_filed:
            last = self.filed[-1]
            return f"Filed by {last.text('by') or last.source or 'somebody'} on {_written(last.occurred_at)}."
        before = f", filed before on {_written(self.filed[-1].occurred_at)}" if self.filed else ""
        if self.saved is not None:
            return f"A draft, saved by {self.saved.saved_by} on {_written(self.saved.saved_at)}{before}."
        return "A draft, drawn from the timeline."

    def asked(self, today: date) -> tuple[str, ...]:
        """What the last time left open, a sentence each."""
        return tuple(item.asked(today) for item in self.from_last_time)

    def document(self, today: date) -> Document | None:
        """Scorecard and review as a document; None while the drill runs."""
        if self.card is None:
            return None
        told = Told(self.timeline, self.playbook, self.card, self.review(), self.state(), self.asked(today))
        return write_up(told)


def under_review(
    engine: Engine,
    timeline: Timeline,
    playbook: Playbook,
    card: Scorecard | None,
    past: Engine | None = None,
) -> UnderReview:
    """A drill with all that its record has on its review; action items of drills before it come from `past`, too."""
    filed = (event for event in timeline.events if event.kind == "review.filed")
    truth = timeline.truth if card is not None else None
    return UnderReview(
        timeline=timeline,
        playbook=playbook,
        card=card,
        drafted=draft(timeline, playbook, card),
        filed=tuple(event for event in filed if isinstance(event.data.get("parts"), dict)),
        saved=Drafts(engine).read(timeline.drill.id),
        from_last_time=left_open(timeline.drill, truth, engine, past) if truth is not None else (),
    )


def left_open(drill: Drill, truth: Truth, *records: Engine | None) -> tuple[Item, ...]:
    """What earlier drills of the same failure mode and team left open in these records. It tells what is wrong."""
    found: dict[str, Item] = {}
    for engine in records:
        if engine is not None and truth.failure_mode:
            found |= {item.id: item for item in Items(engine).from_last_time(drill, truth.failure_mode)}
    return tuple(found.values())


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
