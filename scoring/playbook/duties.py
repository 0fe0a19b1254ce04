"""Whom a playbook wants told and called, who does what, and what has to be handed in afterwards."""

from typing import Literal, Self

from pydantic import Field, model_validator

from scoring.playbook.figure import Choice, Duration, Line, Part, Sourced, Time, Word


class Audience(Sourced):
    """Who has to be told, and where they listen."""

    id: Word
    """The name that levels and updates use."""
    title: Line
    """The name for people."""
    channel: Word
    """Where they listen: chat, email, status-page."""


class Role(Sourced):
    """A role of the response."""

    id: Word
    """The name that events use."""
    title: Line
    """The name for people."""
    does: Line
    """What falls to it."""


class Condition(Part):
    """When an escalation is due; exactly one of four kinds.

    `level` alone: at once, for that level or a graver one. `level`, `until` and `after`: when such an incident is not
    mitigated or resolved in time. `failure_modes`: when one of these is at work. `on_request`: what only people can
    know, so that it is never due and never uncalled for.
    """

    level: Word | None = None
    """This level or a graver one."""
    until: Literal["mitigated", "resolved"] | None = None
    """What has to come before `after`."""
    after: Duration | None = None
    """Counted from the onset."""
    failure_modes: tuple[Word, ...] = ()
    """Kinds of failure, such as credential-leak."""
    on_request: bool = False
    """Whether only people can tell that it is needed."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.until is None) != (self.after is None) or (self.until is not None and self.level is None):
            raise ValueError("a timed condition needs `level`, `until` and `after`")
        if sum((self.level is not None, bool(self.failure_modes), self.on_request)) != 1:
            raise ValueError("a condition is either by `level`, or by `failure_modes`, or `on_request`")
        return self


class Escalation(Sourced):
    """Who is called when, by what, and how much later the call still counts as in time."""

    id: Word
    """The name of the rule."""
    to: tuple[Word, ...] = Field(min_length=1)
    """Everybody who has to be called."""
    by: tuple[Word, ...] = Field(min_length=1)
    """The channels that count: phone, page, chat, email."""
    when: Condition
    """When it is due."""
    grace: Time
    """How much later the call is still in time."""


class Deadline(Part):
    """One thing that has to be handed in after the incident."""

    id: Word
    """The name of the deadline."""
    title: Line
    """What it is, for people."""
    due: Time
    """Counted from the resolution."""
    parts: Choice
    """What it has to contain."""
    levels: Choice | None = None
    """Which levels ask for it; left out where all do."""


class Review(Part):
    """The work after the incident."""

    deadlines: tuple[Deadline, ...] = Field(min_length=1)
    """What has to be handed in by when, the earliest first."""

    def asked_of(self, level_id: str) -> tuple[Deadline, ...]:
        """The deadlines of an incident of that level."""
        return tuple(d for d in self.deadlines if d.levels is None or level_id in d.levels.value)

    @property
    def parts(self) -> Choice:
        """Every part of every deadline, each once."""
        every = dict.fromkeys(part for deadline in self.deadlines for part in deadline.parts.value)
        return Choice(value=tuple(every), derived="every part of every deadline")
