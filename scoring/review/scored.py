"""A scorecard as blocks of a document: score, times, points, lessons, and the chart with its key."""

from collections.abc import Iterator, Sequence

from scoring.charts.chart import Chart
from scoring.charts.drawing import draw
from scoring.desk.sentences import plain
from scoring.publishing.document import (
    Block,
    Blocks,
    Bullets,
    Figure,
    Heading,
    Paragraph,
    Picture,
    Table,
    Text,
    words,
)
from scoring.publishing.reading import runs_of
from scoring.review.known import Known
from scoring.review.lessons import Lesson, Lessons, lessons
from scoring.scorecard.cards import DimensionCard, MeasureCard, Scorecard
from scoring.scorecard.sla import TITLES, spell

NOTHING = "–"
_VERDICTS = {"met": "met", "missed": "missed", "censored": "not finished", "not_assessed": "not assessed"}
_MARKS = {"P": "performed", "S": "with some challenges", "M": "with major challenges", "U": "unable to perform"}
"""The four marks as HSEEP, the exercise programme that has them, words them."""


def scorecard_blocks(card: Scorecard, level: int = 2, *, teaches: bool = True) -> Iterator[Block]:
    """Score, times, points, and if it `teaches` what was good and what next, under a heading of the level."""
    yield Heading(level, words("Scorecard"))
    yield score_of(card)
    for fail in card.hard_fails:
        yield Paragraph(words(f"{fail.what.replace('_', ' ').capitalize()}: {fail.why}", strong=True))
    yield Table(
        tuple(map(words, ("To", "Took", "Allowed", "Verdict", "Why"))),
        tuple(_measure(name, measure) for name, measure in card.measures.items()),
        "Times, in drill time",
        frozenset({1, 2}),
    )
    yield Table(
        tuple(map(words, ("Dimension", "Points", "Of", "Mark", "Why"))),
        tuple(_dimension(name, dimension) for name, dimension in card.dimensions.items()),
        "Points",
        frozenset({1, 2}),
    )
    if card.hints is not None:
        yield Paragraph(words(card.hints.why))
    told = lessons(card) if teaches else Lessons((), ())
    yield from _taught("What was good", told.good, level + 1)
    yield from _taught("What next", told.next, level + 1)


def score_of(card: Scorecard) -> Block:
    """The score as one large figure, or why there is none."""
    if card.score is None or card.mark is None:
        return Paragraph(words(f"{card.verdict.capitalize()}. {card.why}".strip()))
    slas = "every limit was met" if card.sla_met else "a limit was missed"
    return Figure(f"{card.score:.1f}", words(f"of 100, mark {card.mark} ({_MARKS[card.mark]}); {slas}"))


def chart_blocks(chart: Chart | None, known: Known) -> Blocks:
    """The chart with the key to its numbers; nothing where no load was measured."""
    if chart is None:
        return ()
    rows = tuple(
        tuple(map(words, (str(mark.number), known.since(mark.at), f"{mark.at:%H:%M:%S}", plain(mark.text))))
        for mark in chart.marks
    )
    heads = tuple(map(words, ("No.", f"From {chart.origin}", "UTC", "What")))
    key = Table(heads, rows, "The numbers in the chart", frozenset({0, 1, 2}))
    return (Picture(draw(chart), chart.in_words()), *((key,) if rows else ()))


def _measure(name: str, measure: MeasureCard) -> tuple[Text, ...]:
    took = NOTHING if measure.drill_seconds is None else spell(measure.drill_seconds)
    sla = NOTHING if measure.sla_seconds is None else spell(measure.sla_seconds)
    return tuple(map(words, (TITLES.get(name, name), took, sla, _VERDICTS[measure.verdict], measure.why)))


def _dimension(name: str, dimension: DimensionCard) -> tuple[Text, ...]:
    points = NOTHING if dimension.points is None else f"{dimension.points:.1f}"
    weight = NOTHING if dimension.grade is None else f"{dimension.weight:.1f}"
    return tuple(map(words, (name.capitalize(), points, weight, dimension.mark or NOTHING, dimension.why)))


def _taught(title: str, told: Sequence[Lesson], level: int) -> Iterator[Block]:
    if told:
        yield Heading(level, words(title))
        yield Bullets(tuple((Paragraph(runs_of(f"{lesson.text} {lesson.how}".strip())),) for lesson in told))
