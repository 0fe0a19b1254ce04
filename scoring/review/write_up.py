"""The scorecard and the review of a drill as one document, to be printed, sent and kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoring.charts.chart import chart_of
from scoring.playbook import Playbook
from scoring.publishing.document import Block, Bullets, Document, Facts, Heading, Paragraph, Table, Text, words
from scoring.publishing.reading import blocks_of, runs_of
from scoring.review import Review
from scoring.review.known import Known, known_of
from scoring.review.scored import NOTHING, chart_blocks, scorecard_blocks
from scoring.review.summary import named, summary
from scoring.scorecard.cards import Scorecard
from scoring.scorecard.observed import Note, observed
from scoring.scorecard.sla import spell
from scoring.timeline import Timeline


@dataclass(frozen=True)
class Told:
    """What is written up: a drill that has ended, its scorecard, and its review.

    `state` says how far the review is, `from_last_time` what the drill before left open.
    """

    timeline: Timeline
    playbook: Playbook
    card: Scorecard
    review: Review
    state: str
    from_last_time: Sequence[str] = ()


def write_up(told: Told) -> Document:
    """The document. Pure."""
    known = known_of(told.timeline, told.playbook, told.card)
    drill, truth = told.timeline.drill, told.timeline.truth
    what = named(truth.failure_mode, truth.component) if truth and truth.failure_mode else f"drill {drill.id}"
    return Document(
        title=f"Post-incident review: {what}",
        subtitle=told.state,
        blocks=(
            Paragraph(words(summary(known))),
            Facts(tuple(_facts(told, known))),
            Heading(2, words("What users met")),
            *(chart_blocks(chart_of(told.timeline, told.card), known) or (Paragraph(words("No load was measured.")),)),
            *scorecard_blocks(told.card),
            *_observers(told),
            *_parts(told.review),
            *_items(told),
        ),
        footer=f"Drill {drill.id}, {drill.started_at:%Y-%m-%d}, {told.playbook.title}",
        written_at=drill.ended_at,
    )


def _facts(told: Told, known: Known) -> Iterator[tuple[str, Text]]:
    drill, card = told.timeline.drill, told.card
    yield "Drill", words(drill.id)
    yield "Playbook", words(told.playbook.title)
    yield "Played", words(f"{drill.started_at:%Y-%m-%d %H:%M} UTC")
    if drill.ended_at is not None:
        yield "Drill time", words(spell(known.time.drill_s(drill.started_at, drill.ended_at)))
    yield (
        "Severity",
        words(f"{card.expected_severity or 'none'} called for, {card.declared_severity or 'none'} declared"),
    )
    if drill.team:
        yield "Team", words(drill.team)
    if drill.people:
        yield "People", words(", ".join(drill.people))
    yield "Clock", words(f"{drill.clock:g} drill seconds a second")


def _observers(told: Told) -> Iterator[Block]:
    noted = observed(told.timeline.events, told.card)
    rows = [
        *(_note(name, each.ours, note) for name, each in noted.dimensions.items() for note in each.notes),
        *(_note("", None, note) for note in noted.others),
    ]
    if rows:
        yield Heading(3, words("What observers noted"))
        yield Table(tuple(map(words, ("Dimension", "By", "Their mark", "Ours", "Note"))), tuple(rows))


def _note(dimension: str, ours: str | None, note: Note) -> tuple[Text, ...]:
    cells = (dimension.capitalize() or NOTHING, note.by, note.mark or NOTHING, ours or NOTHING)
    return (*map(words, cells), runs_of(note.text))


def _parts(review: Review) -> Iterator[Block]:
    for part in review.parts:
        yield Heading(2, words(part.title))
        if part.text.strip():
            yield from blocks_of(part.text, under=2)
        else:
            yield Paragraph(words(f"Not written yet. {part.asks}".strip()), is_quiet=True)


def _items(told: Told) -> Iterator[Block]:
    yield Heading(2, words("Action items"))
    if told.review.items:
        rows = tuple(
            tuple(map(words, (item.priority or NOTHING, item.text, item.owner or NOTHING, item.due_on or NOTHING)))
            for item in told.review.items
        )
        yield Table(tuple(map(words, ("Priority", "What", "Owner", "Due"))), rows)
    else:
        yield Paragraph(words("None."), is_quiet=True)
    if told.from_last_time:
        yield Heading(3, words("Left open by the time before"))
        yield Bullets(tuple((Paragraph(runs_of(line)),) for line in told.from_last_time))
