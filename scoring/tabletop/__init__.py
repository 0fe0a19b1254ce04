"""A tabletop exercise as data: a drill without a target, in which a facilitator reveals injects on a clock.

The words are those of exercise planners (HSEEP): a *situation* that everybody reads at the start, a *master scenario
events list* of injects with expected actions, and *objectives* with critical tasks by which evaluators mark the room.
Durations are drill seconds in memory.
"""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from scoring.documents.agreement import Inconsistent
from scoring.playbook.figure import Duration, Line, Part, Word
from scoring.tabletop.consistency import find_faults
from scoring.tabletop.design import Dimension, Objective, Participant, Text, Truth
from scoring.tabletop.inject import EVERYBODY, Action, Answer, Inject, Shown

__all__ = [
    "EVERYBODY",
    "Action",
    "Answer",
    "Inject",
    "Objective",
    "Participant",
    "Scenario",
    "Shown",
    "Text",
    "Truth",
]


class Scenario(Part):
    """A whole tabletop. The room gets `title`, `situation`, its seats, and injects as they come; nothing else."""

    name: Word
    """The name by which commands call it."""
    title: Line
    """The name for people; the room reads it, so it must not give anything away."""
    playbook: Line
    """The playbook by which it is played and scored: a shipped name, or a file beside this one."""
    duration: Duration
    """How long the exercise lasts, in drill time."""
    clock: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False, strict=True)] = 1.0
    """How many drill seconds pass in a second of the room; the facilitator may still stop the clock or jump ahead."""
    situation: Text
    """What everybody reads at the start: the service, the day, what is usual."""
    summary: Text
    """For the facilitator alone: the story as it really is, and what good looks like."""
    truth: Truth
    """What is really wrong."""
    not_assessed: tuple[Dimension, ...] = ()
    """Dimensions that the script decides and not the room, such as `detect` where the first inject is the page."""
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    """What is tested."""
    participants: tuple[Participant, ...] = ()
    """Who sits at the table."""
    injects: Annotated[tuple[Inject, ...], Field(min_length=1)]
    """The master scenario events list, in the order of time."""
    hot_wash: tuple[Line, ...] = ()
    """Questions for the talk right after the exercise."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if faults := list(find_faults(self)):
            raise Inconsistent(faults)
        return self

    def actions(self) -> Iterator[tuple[Inject, Action]]:
        """Every expected action with its inject, in order."""
        return ((inject, action) for inject in self.injects for action in inject.expects)

    def seated(self, role: str) -> tuple[Participant, ...]:
        """The participants who sit in a role."""
        return tuple(participant for participant in self.participants if participant.role == role)

    def first(self, event: str) -> Inject | None:
        """The first inject that shows such an event."""
        return next((inject for inject in self.injects if inject.is_about(event)), None)
