"""The after-action report and improvement plan (AAR/IP, as HSEEP has it) of an exercise: pure, as data.

What went well and what is to be improved is drawn from the objectives' marks, the expected actions, the scorecard and
what observers wrote; the plan is what people decided to do about it.
"""

from collections.abc import Iterator, Sequence

from scoring.desk import Piece
from scoring.desk.sentences import tell
from scoring.exercise import Exercise, Expected, Scheduled
from scoring.exercise.rating import NOTED, mark_in
from scoring.exercise.scenario_time import ScenarioTime
from scoring.review.items import ActionItem, action_items
from scoring.review.lessons import Lesson, lessons
from scoring.scorecard.cards import Mark, Scorecard
from scoring.scorecard.sla import TITLES, spell
from scoring.tabletop.words import elapsed
from scoring.timeline import Event

_NOT_TOLD = frozenset({"drill.started", "inject.answered", "oracle.checked", NOTED})
_GOOD, _BAD = frozenset({"P"}), frozenset({"M", "U"})


class Point(Piece):
    """A strength or something to be improved: under which objective or dimension, and who says so."""

    area: str
    text: str
    by: str


class Note(Piece):
    """What somebody wrote, at which time of the scenario, and with which mark."""

    at_s: float
    by: str
    about: str
    mark: Mark | None
    text: str


class Line(Piece):
    """A line of the exercise's course; `sort` is `inject` for one that was revealed, else the event's kind."""

    at_s: float
    sort: str
    text: str


class Report(Piece):
    """A whole report. `card` is null where nothing could be scored, and `no_card` says why.

    `plan` is what the review that was filed last asks for: what people decided to do about it.
    """

    exercise: Exercise
    card: Scorecard | None
    no_card: str
    wall_s: float
    strengths: tuple[Point, ...]
    improvements: tuple[Point, ...]
    plan: tuple[ActionItem, ...]
    notes: tuple[Note, ...]
    course: tuple[Line, ...]


def report(
    exercise: Exercise,
    events: Sequence[Event],
    card: Scorecard | None,
    no_card: str = "",
) -> Report:
    """The report of an exercise as it stands; `events` are in the order of arrival. Pure."""
    time = ScenarioTime(exercise.drill, events)
    notes = [event for event in events if event.kind == NOTED]
    until = exercise.drill.ended_at or exercise.now
    return Report(
        exercise=exercise,
        card=card,
        no_card=no_card,
        wall_s=(until - exercise.drill.started_at).total_seconds(),
        strengths=(*_noted(exercise, notes, "strength"), *_strengths(exercise, card)),
        improvements=(*_noted(exercise, notes, "improvement"), *_improvements(exercise, card)),
        plan=action_items(events),
        notes=tuple(_note(exercise, event, time) for event in notes),
        course=tuple(_course(events, time)),
    )


def say_done(scheduled: Scheduled, expected: Expected) -> str:
    """When an action was done, or that it was not: `0:07`, `0:12, 2m late`, `not done`."""
    match expected.state:
        case "done" | "late" if expected.done_s is not None:
            late_s = expected.done_s - expected.due_s if expected.due_s is not None else 0.0
            late = f", {spell(late_s)} late" if expected.state == "late" else ""
            return f"{elapsed(round(expected.done_s))}{late}"
        case "left_out":
            return "not asked for"
        case "not_done":
            return "not done"
        case _:
            return f"not yet (inject {scheduled.number})"


def _noted(exercise: Exercise, notes: Sequence[Event], sort: str) -> Iterator[Point]:
    """What people called a strength or an improvement themselves."""
    for event in notes:
        if event.text("sort") == sort and event.text("text"):
            yield Point(area=_area(exercise, event), text=event.text("text"), by=event.text("by") or event.source)


def _strengths(exercise: Exercise, card: Scorecard | None) -> Iterator[Point]:
    for each in exercise.objectives:
        in_time, asked = each.count("done"), each.count("done", "late", "not_done")
        if (each.mark or each.by_ticks) in _GOOD and asked:
            text = _all_in_time(asked) if in_time == asked else "It was performed without challenges."
            yield Point(area=each.objective.text, text=text, by=_by(each.mark))
    yield from map(_taught, lessons(card).good if card else ())


def _improvements(exercise: Exercise, card: Scorecard | None) -> Iterator[Point]:
    for each in exercise.objectives:
        for scheduled, one in each.expected:
            if one.state in ("late", "not_done"):
                said = f"{one.action.text.rstrip('.')}: {say_done(scheduled, one)}"
                text = f"{said} (inject {scheduled.number}, {scheduled.inject.title})."
                yield Point(area=each.objective.text, text=text, by=one.by or "ticks")
        if each.mark in _BAD and not each.count("late", "not_done"):
            yield Point(area=each.objective.text, text=f"It was marked {each.mark}.", by=_by(each.mark))
    yield from map(_taught, lessons(card).next if card else ())


def _taught(lesson: Lesson) -> Point:
    area = TITLES.get(lesson.about, lesson.about.replace("_", " "))
    return Point(area=area.capitalize(), text=f"{lesson.text} {lesson.how}".strip(), by="scorecard")


def _note(exercise: Exercise, event: Event, time: ScenarioTime) -> Note:
    return Note(
        at_s=time.elapsed_s(event.occurred_at),
        by=event.text("by") or event.source,
        about=_area(exercise, event),
        mark=mark_in(event),
        text=event.text("text"),
    )


def _course(events: Sequence[Event], time: ScenarioTime) -> Iterator[Line]:
    for event in sorted(events, key=lambda event: event.occurred_at):
        if event.kind in _NOT_TOLD:
            continue
        is_inject = event.kind == "inject.delivered"
        text = f"{event.text('from')}: {event.text('title')}" if is_inject else tell(event).text
        yield Line(at_s=time.elapsed_s(event.occurred_at), sort="inject" if is_inject else event.kind, text=text)


def _area(exercise: Exercise, event: Event) -> str:
    name = event.text("objective")
    found = next((each.objective.text for each in exercise.objectives if each.objective.id == name), None)
    return found or event.text("dimension").capitalize()


def _by(mark: Mark | None) -> str:
    return "marks" if mark is not None else "ticks"


def _all_in_time(asked: int) -> str:
    if asked == 1:
        return "The expected action was done in time."
    return f"All {asked} expected actions were done in time."
