"""The after-action report as a document, to be read, printed, sent and kept."""

from collections.abc import Iterator, Sequence

from scoring.exercise import Exercise, Reached
from scoring.exercise.after_action import Note, Point, Report, say_done
from scoring.publishing.document import Block, Bullets, Document, Facts, Heading, Paragraph, Table, Text, words
from scoring.publishing.reading import blocks_of, runs_of
from scoring.review.items import ActionItem
from scoring.review.scored import scorecard_blocks
from scoring.scorecard.sla import spell
from scoring.tabletop.words import elapsed

_NOTHING = "–"
_NUMBERS = frozenset({3, 4, 5})


def write_up(report: Report) -> Document:
    """The document. Pure."""
    exercise = report.exercise
    scenario, drill = exercise.scenario, exercise.drill
    return Document(
        title=f"After-action report: {scenario.title}",
        subtitle="" if exercise.is_over else "As it stands: the exercise is still held.",
        blocks=(
            Facts(tuple(_facts(report))),
            Heading(2, words("The situation")),
            *blocks_of(scenario.situation, under=2),
            Heading(2, words("What it really was")),
            *blocks_of(scenario.summary, under=2),
            *_objectives(exercise),
            *_points("Strengths", report.strengths),
            *_points("Areas for improvement", report.improvements),
            *_plan(report.plan),
            *_scored(report),
            *_course(report),
            *_notes(report.notes),
            *_hot_wash(scenario.hot_wash),
        ),
        footer=f"Tabletop {drill.id}, {drill.started_at:%Y-%m-%d}, {exercise.playbook.title}",
        written_at=drill.ended_at,
    )


def _facts(report: Report) -> Iterator[tuple[str, Text]]:
    exercise, card = report.exercise, report.card
    scenario, drill = exercise.scenario, exercise.drill
    yield "Exercise", words(f"{drill.id}, a tabletop by the scenario {scenario.name}")
    yield "Held", words(f"{drill.started_at:%Y-%m-%d %H:%M} UTC, {spell(report.wall_s)} in the room")
    yield "Scenario time", words(f"{elapsed(round(exercise.elapsed_s))} of {elapsed(scenario.duration)}")
    yield "Playbook", words(exercise.playbook.title)
    if drill.team:
        yield "Team", words(drill.team)
    if drill.people:
        yield "People", words(", ".join(drill.people))
    if scenario.participants:
        titles = {role.id: role.title for role in exercise.playbook.roles}
        yield "Seats", words(", ".join(titles[each.role] for each in scenario.participants))
    revealed = sum(each.delivered_s is not None for each in exercise.injects)
    yield "Injects", words(f"{revealed} of {len(exercise.injects)} revealed")
    if card is not None and card.score is not None:
        yield "Score", words(f"{card.score:.1f} of 100, mark {card.mark}")


def _objectives(exercise: Exercise) -> Iterator[Block]:
    yield Heading(2, words("Objectives"))
    yield Table(
        tuple(map(words, ("Objective", "Mark", "By the ticks", "In time", "Late", "Not done"))),
        tuple(_objective_row(each) for each in exercise.objectives),
        "P performed without challenges, S with some, M with major challenges, U unable to be performed",
        _NUMBERS,
    )
    for each in exercise.objectives:
        yield from _objective(each)


def _objective_row(each: Reached) -> tuple[Text, ...]:
    counts = (str(each.count(state)) for state in ("done", "late", "not_done"))
    return tuple(map(words, (each.objective.text, each.mark or _NOTHING, each.by_ticks or _NOTHING, *counts)))


def _objective(each: Reached) -> Iterator[Block]:
    yield Heading(3, words(each.objective.text))
    yield Paragraph(words(f"Critical tasks, for {each.objective.dimension}:", quiet=True))
    yield Bullets(tuple((Paragraph(words(task)),) for task in each.objective.tasks))
    rows = tuple(
        tuple(
            map(
                words,
                (
                    f"{scheduled.number}. {scheduled.inject.title}",
                    one.action.text,
                    elapsed(round(one.due_s)) if one.due_s is not None else _NOTHING,
                    say_done(scheduled, one) + (f", {one.by}" if one.by else ""),
                    one.note,
                ),
            )
        )
        for scheduled, one in each.expected
    )
    if rows:
        heads = tuple(map(words, ("Inject", "Expected action", "In time until", "Done", "Note")))
        yield Table(heads, rows, "Expected actions, in scenario time")
    said = [(rating.by, rating.mark, " ".join(rating.texts)) for rating in each.ratings]
    if said:
        yield Bullets(
            tuple(
                (Paragraph(words(f"{by}{f', {mark}' if mark else ''}{f': {text}' if text else ''}")),)
                for by, mark, text in said
            )
        )


def _points(title: str, points: Sequence[Point]) -> Iterator[Block]:
    yield Heading(2, words(title))
    if not points:
        yield Paragraph(words("None was found."))
        return
    yield Bullets(
        tuple((Paragraph((*words(f"{p.area}: ", strong=True), *runs_of(f"{p.text} ({p.by})"))),) for p in points)
    )


def _plan(plan: Sequence[ActionItem]) -> Iterator[Block]:
    yield Heading(2, words("Improvement plan"))
    if not plan:
        yield Paragraph(words("Nothing was decided yet."))
        return
    yield Table(
        tuple(map(words, ("What", "Owner", "Priority", "Due"))),
        tuple(
            (
                runs_of(item.text),
                *map(words, (item.owner or _NOTHING, item.priority or _NOTHING, item.due_on or _NOTHING)),
            )
            for item in plan
        ),
    )


def _scored(report: Report) -> Iterator[Block]:
    if report.card is None:
        yield Heading(2, words("Scorecard"))
        yield Paragraph(words(report.no_card))
        return
    yield from scorecard_blocks(report.card, teaches=False)


def _course(report: Report) -> Iterator[Block]:
    yield Heading(2, words("How it went"))
    yield Table(
        tuple(map(words, ("Time", "What"))),
        tuple(
            (words(elapsed(round(line.at_s))), words(line.text, strong=line.sort == "inject")) for line in report.course
        ),
        "In scenario time; injects are strong",
    )


def _notes(notes: Sequence[Note]) -> Iterator[Block]:
    if notes:
        yield Heading(2, words("Notes"))
        yield Table(
            tuple(map(words, ("Time", "By", "About", "Mark", "What"))),
            tuple(
                tuple(map(words, (elapsed(round(n.at_s)), n.by, n.about or _NOTHING, n.mark or _NOTHING, n.text)))
                for n in notes
            ),
        )


def _hot_wash(questions: Sequence[str]) -> Iterator[Block]:
    if questions:
        yield Heading(2, words("Hot wash"))
        yield Bullets(tuple((Paragraph(words(question)),) for question in questions))
