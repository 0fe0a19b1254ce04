"""What an exercise is for: what is to be tested, who takes part, and what is really wrong."""

from typing import Annotated, Literal

from pydantic import Field

from scoring.playbook.figure import Line, Part, Word

Text = Annotated[str, Field(min_length=1, max_length=10_000)]
"""Markdown, without images and HTML."""
Dimension = Literal["detect", "acknowledge", "classify", "communicate", "escalate", "diagnose", "mitigate", "close"]
"""The dimensions of a scorecard, see `scoring.playbook.DIMENSIONS`."""


class Objective(Part):
    """One thing that the exercise tests, with the tasks without which it is not reached."""

    id: Word
    """The name that expected actions use."""
    text: Line
    """What the room has to show."""
    dimension: Dimension
    """Under which dimension of the scorecard an evaluator marks it."""
    tasks: Annotated[tuple[Line, ...], Field(min_length=1)]
    """The critical tasks, as an evaluator looks for them."""


class Participant(Part):
    """A seat at the table."""

    role: Word
    """A role of the playbook, by its id; several may sit in one role."""
    player: Line | None = None
    """Whom the player plays: a name, or what the person does all day."""
    knows: Text | None = None
    """What this seat knows at the start and the others do not; printed on a card of its own."""


class Truth(Part):
    """What is really wrong, for the facilitator and for scoring."""

    failure_mode: Word
    """Such as database/connection-exhaustion."""
    component: Word
    """Where the cause is."""
    neighbours: tuple[Word, ...] = ()
    """Components beside it; naming one of them as the cause is half right."""
    severity: Word
    """The level of the playbook that the incident calls for, as the room can see by the time it has to declare."""
    alerts: Annotated[tuple[Word, ...], Field(min_length=1)]
    """Alerts that name the incident; each is shown by an inject. The first one is the page."""
