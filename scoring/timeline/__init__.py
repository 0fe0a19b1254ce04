"""The record of one drill, as published: who wrote what when, and what users were served meanwhile.

This is the only input of scoring besides the playbook. Instants are aware UTC datetimes; `clock` is drill seconds per
wall second; latencies are wall milliseconds, for users wait in wall time.
"""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PositiveFloat,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from scoring.canonical import canonical_json, read_instant, to_utc, write_instant
from scoring.timeline.collector import paused


def _instant(value: object, otherwise: ValidatorFunctionWrapHandler) -> datetime:
    """An instant in UTC; one that is written as we write them is read at once, for a timeline holds 100,000s."""
    return read_instant(value) or to_utc(otherwise(value))


Instant = Annotated[
    AwareDatetime,
    WrapValidator(_instant),
    PlainSerializer(write_instant, return_type=str, when_used="json"),
]

Kind = Literal[
    "drill.started",
    "drill.ended",
    "drill.aborted",
    "fault.injected",
    "fault.reverted",
    "impact.started",
    "impact.ended",
    "oracle.checked",
    "alert.firing",
    "alert.resolved",
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
    "hint.taken",
    "observation.noted",
    "inject.delivered",
    "inject.answered",
    "fault.ordered",
    "clock.stopped",
    "clock.started",
    "clock.advanced",
]
KINDS: tuple[str, ...] = get_args(Kind)
RESPONDER_KINDS = frozenset(
    {
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
        "hint.taken",
    }
)
"""What a responder may write; everything else is observed by machines, or is the facilitator's."""
OBSERVER_KINDS = frozenset({"observation.noted"})
"""What an observer may write."""
CLOCK_KINDS = frozenset({"clock.stopped", "clock.started", "clock.advanced"})
"""What the facilitator does to the drill clock."""
FACILITATOR_KINDS = CLOCK_KINDS | {"inject.delivered", "inject.answered", "fault.ordered"}
"""What nobody else in a drill may write, but for tools that are trusted."""
TRUTH_KINDS = frozenset(
    {"fault.injected", "fault.reverted", "oracle.checked", "fault.ordered", "inject.answered", "observation.noted"}
)
"""What would tell a responder the answer, and is therefore withheld while the drill runs."""
TABLETOP = "tabletop"
"""What a drill without a target says of its responder."""

Data = dict[str, Any]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Record(BaseModel):
    """A frozen piece of a timeline; fields that we do not know are dropped, so newer writers stay readable."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")


@lru_cache(maxsize=4096)
def _name(kind: str, at: datetime) -> str:
    """The same few events are pointed at by every scorecard of a running drill."""
    return f"{kind}@{write_instant(at)}"


class Event(Record):
    """One thing that happened. `key` makes a retry safe; `hash` covers the event and the hash before it.

    `sent_at` is when the sender's own clock said that it sent the event; against `received_at` it shows how wrong that
    clock is.
    """

    kind: Kind
    occurred_at: Instant
    source: str = Field(default="", max_length=200)
    data: Data = Field(default_factory=dict)
    key: str | None = Field(default=None, min_length=1, max_length=300)
    sent_at: Instant | None = None
    received_at: Instant | None = None
    previous_hash: str | None = None
    hash: str | None = None

    @property
    def name(self) -> str:
        """How a scorecard points at this event: its key, else its kind and instant."""
        return self.key or _name(self.kind, self.occurred_at)

    def text(self, field: str) -> str:
        """A text field of the data; empty when it is missing or something else."""
        value = self.data.get(field)
        return value if isinstance(value, str) else ""

    def number(self, field: str) -> float | None:
        """A number field of the data; None when it is missing or something else."""
        value = self.data.get(field)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def alert_name(self) -> str:
        """The `alertname` label of an alert event."""
        labels = self.data.get("labels")
        value = labels.get("alertname") if isinstance(labels, dict) else None
        return value if isinstance(value, str) else ""


class TaskCount(Record):
    """Requests of one kind of users' task in a window."""

    requests: Count = 0
    failures: Count = 0


class Window(Record):
    """What users were served in `seconds` of wall time from `at`. Quantiles are null without requests.

    `users_affected` of `users` met a failure; null where the load does not tell users apart.
    """

    at: Instant
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 1.0
    requests: Count
    failures: Count = 0
    p50_ms: Milliseconds | None = None
    p95_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None
    tasks: dict[str, TaskCount] = Field(default_factory=dict)
    users: Count | None = None
    users_affected: Count | None = None


class Drill(Record):
    """Which drill this is, played by whom.

    `not_assessed` names dimensions that cannot arise here, such as a gate's updates.
    """

    id: str = Field(min_length=1, max_length=200)
    clock: PositiveFloat = Field(allow_inf_nan=False, le=1e6)
    started_at: Instant
    ended_at: Instant | None = None
    playbook: str | None = None
    experiment: str | None = None
    responder: str | None = None
    game_day: str | None = None
    team: str | None = None
    people: tuple[str, ...] = ()
    not_assessed: tuple[str, ...] = ()

    @property
    def is_tabletop(self) -> bool:
        """Whether it is played at a table, without a target: what happens is revealed by a facilitator."""
        return self.responder == TABLETOP


class Fault(Record):
    """One of several causes, and the alerts that name it."""

    failure_mode: str = ""
    component: str = ""
    alerts: tuple[str, ...] = ()


LONGEST_HINT, MOST_HINTS = 20_000, 20
"""Characters of one, and how many a drill has."""


class Hint(Record):
    """Help that a responder may ask for, and the points that it costs, from 0 to 100."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_HINT)]
    cost: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


MOST_PLANNED = 100
"""Injects of one drill that come by themselves."""


class Planned(Record):
    """An event that the facilitator's script writes by itself, `after_s` drill seconds after the first fault."""

    after_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    kind: Literal["inject.delivered", "fault.ordered"]
    data: Data = Field(default_factory=dict)


def planned_key(number: int) -> str:
    """The key of the event that the inject of that number writes, counted from 1: it comes once, whoever asks again."""
    return f"planned/{number}"


class Truth(Record):
    """What was really wrong. `severity` maps a playbook to the level that load alone cannot show.

    `failure_mode` and `component` are those of the first cause; `faults` lists every cause in the order of injection.
    `alerts` name one of the causes; `consequences` are alerts that are expected to follow, which detect none. `impact`
    is `none` for a fault that users do not feel and an alert alone tells of. A drill with `hints`, which are taken in
    their order, is a guided one. `planned` is what comes by itself beside the faults. Without any, both are left out.
    """

    failure_mode: str = ""
    component: str = ""
    neighbours: tuple[str, ...] = ()
    severity: dict[str, str] = Field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    impact: Literal["users", "none"] = "users"
    control: bool = False
    hints: Annotated[tuple[Hint, ...], Field(max_length=MOST_HINTS, exclude_if=lambda hints: not hints)] = ()
    planned: Annotated[tuple[Planned, ...], Field(max_length=MOST_PLANNED, exclude_if=lambda planned: not planned)] = ()

    @property
    def causes(self) -> tuple[Fault, ...]:
        """Every cause, the first one first."""
        return self.faults or (Fault(failure_mode=self.failure_mode, component=self.component, alerts=self.alerts),)


class Baseline(Record):
    """The steady state before injection. `longest_for_s` is in drill seconds."""

    model_config = ConfigDict(frozen=True, extra="allow")

    captured_at: Instant | None = None
    requests_per_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    error_share: Share | None = None
    p95_ms: Milliseconds | None = None
    services: tuple[str, ...] = ()
    ready_replicas: dict[str, int] = Field(default_factory=dict)
    features: tuple[str, ...] = ()
    canary: Data | None = None
    rules: str | None = None
    longest_for_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Timeline(Record):
    """A whole drill. `truth` is null only where it is withheld from the reader."""

    drill: Drill
    truth: Truth | None = None
    baseline: Baseline | None = None
    events: tuple[Event, ...] = ()
    impact: tuple[Window, ...] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _read_at_once(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        with paused():
            return read(value)

    def to_json(self) -> str:
        """Canonical JSON, one line."""
        return canonical_json(self.model_dump(mode="json")).decode()
