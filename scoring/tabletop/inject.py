"""An inject of a master scenario events list: what is revealed when and to whom, and what the room should then do."""

from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from scoring.playbook.figure import (
    DURATION_SCHEMA,
    LONGEST_S,
    Amount,
    Duration,
    Line,
    Origin,
    Part,
    Share,
    Word,
    parse_duration,
)
from scoring.tabletop.design import Text
from scoring.timeline import Data

EVERYBODY = "everybody"
"""Whom an inject reaches that reaches the whole room."""

ShownEvent = Literal["fault.injected", "impact.started", "impact.ended", "alert.firing", "alert.resolved"]
AnswerEvent = Literal[
    "incident.acknowledged",
    "incident.declared",
    "incident.reclassified",
    "role.assigned",
    "update.posted",
    "incident.escalated",
    "diagnosis.submitted",
    "action.taken",
    "incident.resolved",
    "review.filed",
]
Kind = Literal["information", "alert", "symptom", "question", "escalation", "false-alarm", "served-again"]
KINDS: tuple[str, ...] = get_args(Kind)


def _is_in_an_exercise(seconds: float) -> float:
    if seconds > LONGEST_S:
        raise ValueError("an exercise is over within a year")
    return seconds


Elapsed = Annotated[
    float,
    BeforeValidator(parse_duration),
    AfterValidator(_is_in_an_exercise),
    WithJsonSchema({**DURATION_SCHEMA, "examples": ["0m", "5m", "1h10m"]}, mode="validation"),
]
"""Drill seconds since the start, `0m` and more in a file."""


class Shown(Part):
    """An event that an inject puts on the timeline when it is delivered."""

    event: ShownEvent
    """`fault.injected` from when on something is wrong, `impact.started` and `impact.ended` from when on users feel it
    and no longer do, `alert.firing` and `alert.resolved` for alerts."""
    alert: Word | None = None
    """The alert's name; for alerts only."""
    error_share: Share | None = None
    """The share of users' requests that fail; with `impact.started` only."""
    p95_ms: Amount | None = None
    """What users wait at the 95th percentile, in wall milliseconds; with `impact.started` only."""
    users_share: Share | None = None
    """The share of users who meet a failure; with `impact.started` only."""

    @model_validator(mode="after")
    def _says_what_its_event_has(self) -> Self:
        if self.event.startswith("alert.") != (self.alert is not None):
            raise ValueError("`alert` stands with `alert.firing` and `alert.resolved`, and has to")
        measured = (self.error_share, self.p95_ms, self.users_share)
        if self.event != "impact.started" and any(value is not None for value in measured):
            raise ValueError("`error_share`, `p95_ms` and `users_share` stand with `impact.started` only")
        return self

    def data(self) -> Data:
        """The data of the event on the timeline."""
        if self.alert is not None:
            return {"labels": {"alertname": self.alert}}
        measured = {"error_share": self.error_share, "p95_ms": self.p95_ms, "users_share": self.users_share}
        return {name: value for name, value in measured.items() if value is not None}


_SAID: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "incident.declared": (("severity",), ()),
    "incident.reclassified": (("severity",), ()),
    "role.assigned": (("roles",), ()),
    "update.posted": (("audiences",), ("status",)),
    "incident.escalated": (("to", "by"), ()),
    "diagnosis.submitted": (("component", "failure_mode"), ()),
    "review.filed": (("parts",), ()),
}
"""For each kind of event the fields that an answer has to have, and those that it can have beside them."""


class Answer(Part):
    """The event that ticking an action puts on the timeline, with what it is suggested to say."""

    event: AnswerEvent
    """What the room did."""
    severity: Word | None = None
    """For `incident.declared` and `incident.reclassified`: a level of the playbook."""
    roles: tuple[Word, ...] = ()
    """For `role.assigned`: roles of the playbook, an event for each."""
    audiences: tuple[Word, ...] = ()
    """For `update.posted`: who is told, audiences of the playbook."""
    status: Word | None = None
    """For `update.posted`: investigating, identified, monitoring, resolved."""
    to: tuple[Word, ...] = ()
    """For `incident.escalated`: whom the playbook wants called."""
    by: Word | None = None
    """For `incident.escalated`: by what, a channel that the playbook names for them."""
    component: Word | None = None
    """For `diagnosis.submitted`: where the cause is."""
    failure_mode: Word | None = None
    """For `diagnosis.submitted`: what the cause is."""
    parts: tuple[Word, ...] = ()
    """For `review.filed`: parts of the review that the playbook asks for."""

    @model_validator(mode="after")
    def _says_what_its_event_has(self) -> Self:
        needed, possible = _SAID.get(self.event, ((), ()))
        said = [name for name in type(self).model_fields if name != "event" and getattr(self, name)]
        if lacking := [name for name in needed if name not in said]:
            raise ValueError(f"`{self.event}` needs {' and '.join(f'`{name}`' for name in lacking)}")
        if foreign := [name for name in said if name not in (*needed, *possible)]:
            raise ValueError(f"`{self.event}` has no {' and no '.join(f'`{name}`' for name in foreign)}")
        return self

    def data(self) -> tuple[Data, ...]:
        """The data of the events on the timeline, one for each role that is assigned, else one."""
        if self.roles:
            return tuple({"role": role} for role in self.roles)
        said: Data = {}
        for name in ("severity", "audiences", "status", "to", "by", "component", "failure_mode", "parts"):
            if value := getattr(self, name):
                said[name] = list(value) if isinstance(value, tuple) else value
        return (said,)


class Action(Part):
    """What the room should do about an inject. It is ticked when it is done."""

    id: Word
    """Its name, once in the whole scenario."""
    text: Line
    """What is to be seen or heard."""
    objective: Word
    """The objective that it shows, by its id."""
    within: Duration | None = None
    """How long after the inject it is done in time, in drill time; left out where only that it is done counts."""
    answers: Answer | None = None
    """The event that ticking it puts on the timeline; left out where it is for the evaluators alone."""


class Inject(Part):
    """One thing that is revealed. What is not for the room: `kind`, `note`, `shows`, `expects`, the conditions."""

    id: Word
    """Its name; it is in the record, so it must not give anything away."""
    at: Elapsed
    """When it is due, in drill time since the start."""
    title: Line
    """A subject line; whoever gets the inject reads it."""
    sender: Line = Field(alias="from")
    """From whom or what it comes."""
    to: Annotated[tuple[Word, ...], Field(min_length=1)]
    """Who gets it: roles of the participants, or `everybody`."""
    channel: Word
    """How it comes: page, chat, phone, email, dashboard, terminal, in person."""
    kind: Kind
    """What it is for. `information`, `alert`, `symptom` and `question` (somebody asks or proposes something) build the
    picture; `escalation` raises the pressure or calls for an escalation; `false-alarm` turns out to be nothing;
    `served-again` says that users are served."""
    text: Text
    """What it says, word for word."""
    shows: tuple[Shown, ...] = ()
    """Events that it puts on the timeline when it is delivered."""
    note: Text | None = None
    """For the facilitator alone: what is behind it, what to answer when asked, where rooms go wrong."""
    waits_for: tuple[Word, ...] = ()
    """Expected actions of earlier injects: it is not delivered before all of them are ticked."""
    unless: tuple[Word, ...] = ()
    """Expected actions of earlier injects: it is left out if all of them are ticked by the time it is due."""
    expects: tuple[Action, ...] = ()
    """What the room should do about it."""
    source: Origin | None = None
    """Where the playbook's document asks for what is tested here: `<document> § <heading>`."""

    def is_about(self, event: str) -> bool:
        """Whether it shows such an event."""
        return any(shown.event == event for shown in self.shows)
