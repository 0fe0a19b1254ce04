"""How far each objective was reached: the marks that people gave, and what the expected actions show."""

from collections.abc import Iterable, Sequence
from typing import get_args

from scoring.exercise import Expected, Rating, Reached, Scheduled
from scoring.exercise.chair import FACILITATOR
from scoring.scorecard.cards import Mark
from scoring.tabletop import Objective
from scoring.timeline import Event

MARKS: tuple[Mark, ...] = get_args(Mark)
"""From performed without challenges to unable to be performed (HSEEP § Exercise Evaluation)."""
NOTED = "observation.noted"


def reached(objective: Objective, injects: Iterable[Scheduled], notes: Iterable[Event]) -> Reached:
    """How far an objective was reached, from all injects as they stand and all notes in the order of arrival."""
    expected = tuple((each, one) for each in injects for one in each.expected if one.action.objective == objective.id)
    ratings = _ratings(note for note in notes if note.text("objective") == objective.id)
    return Reached(
        objective=objective,
        mark=_mark(ratings),
        by_ticks=mark_by_ticks([one for _, one in expected]),
        ratings=ratings,
        expected=expected,
    )


def mark_by_ticks(expected: Sequence[Expected]) -> Mark | None:
    """P if all that was asked for was done in time, S if all was done, M if half of it was, else U; None before that.

    What is still open says nothing, and so does what was never asked for.
    """
    judged = [one for one in expected if one.state in ("done", "late", "not_done")]
    done = sum(one.state != "not_done" for one in judged)
    if not judged:
        return None
    if done == len(judged):
        return "P" if all(one.state == "done" for one in judged) else "S"
    return "M" if 2 * done >= len(judged) else "U"


def _ratings(notes: Iterable[Event]) -> tuple[Rating, ...]:
    """Of each person the last mark, and everything that they wrote."""
    marks: dict[tuple[str, str], Rating] = {}
    for note in notes:
        role = FACILITATOR if note.source == FACILITATOR else "observer"
        who = note.text("by") or note.source
        before = marks.get((role, who))
        text = note.text("text")
        texts = (*(before.texts if before else ()), *([text] if text else []))
        mark = mark_in(note) or (before.mark if before else None)
        marks[role, who] = Rating(by=who, role=role, mark=mark, texts=texts, at=note.occurred_at)
    return tuple(marks.values())


def mark_in(note: Event) -> Mark | None:
    """The mark that a note gives."""
    said = note.text("mark").strip().upper()
    return next((mark for mark in MARKS if mark == said), None)


def _mark(ratings: Sequence[Rating]) -> Mark | None:
    """The facilitator's last word; else the lowest of the marks of all."""
    given = [each for each in ratings if each.mark is not None]
    own = [each for each in given if each.role == FACILITATOR]
    if own:
        return max(own, key=lambda each: each.at).mark
    return max((each.mark for each in given if each.mark is not None), key=MARKS.index, default=None)
