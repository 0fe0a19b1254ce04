"""What events have to say in their data, where nobody could make sense of anything else."""

from collections.abc import Callable
from typing import get_args

from scoring.api.problems import unknown
from scoring.playbook import DIMENSIONS
from scoring.scorecard.cards import Mark
from scoring.scorecard.hints import MOST_POINTS
from scoring.timeline import Event
from scoring.timeline.running import MOST_ADVANCED_S, advance_s

Refusal = tuple[str, str]
"""A field of the data, and what is wrong with it."""


def refusal(event: Event) -> Refusal | None:
    """What cannot be taken of what an event says; None where all of it can. Only fields that it gives are asked."""
    check = _CHECKS.get(event.kind)
    return check(event) if check is not None else None


def _advance(event: Event) -> Refusal | None:
    if advance_s(event) is not None:
        return None
    return "drill_seconds", f"a clock is advanced by more than 0 and at most {MOST_ADVANCED_S} drill seconds"


def _hint(event: Event) -> Refusal | None:
    cost = event.number("cost")
    if event.data.get("cost") is None or (cost is not None and 0 <= cost <= MOST_POINTS):
        return None
    return "cost", f"a hint costs 0 to {MOST_POINTS} points"


def _note(event: Event) -> Refusal | None:
    dimension, mark = event.data.get("dimension"), event.data.get("mark")
    if dimension is not None and dimension not in list(DIMENSIONS):
        return "dimension", f"there is {unknown('dimension', str(dimension)[:100], list(DIMENSIONS))}"
    if mark is not None and mark not in get_args(Mark):
        return "mark", f"a mark is one of {', '.join(get_args(Mark))}"
    return None


_CHECKS: dict[str, Callable[[Event], Refusal | None]] = {
    "clock.advanced": _advance,
    "hint.taken": _hint,
    "observation.noted": _note,
}
