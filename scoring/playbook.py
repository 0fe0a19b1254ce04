"""One organisation's incident process as data: frozen models, every figure with where it comes from.

Durations are drill seconds in memory and texts such as `15m`, `2h` or `1h30m` in files; shares are 0–1; latencies are
wall milliseconds. Levels are listed gravest first, and their position is their gravity.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from scoring.canonical import did_you_mean

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")

DIMENSIONS = {
    "detect": 20,
    "acknowledge": 10,
    "classify": 10,
    "communicate": 15,
    "escalate": 10,
    "diagnose": 10,
    "mitigate": 20,
    "close": 5,
}
"""The dimensions of every scorecard and their weights."""

UPDATE_PARTS = ("status", "impact", "next_step", "next_update_at")
"""What an update can carry."""


def parse_duration(value: Any) -> float:
    """`15m` → 900.0. Raises ValueError for anything but numbers with the units s, m, h, d and w."""
    if isinstance(value, str):
        parts = _DURATION.findall(value)
        if parts and "".join(number + unit for number, unit in parts) == value:
            return float(sum(float(number) * _UNITS[unit] for number, unit in parts))
    raise ValueError(f"{value!r} is no duration; write one such as 30s, 15m, 2h or 1h30m")


Duration = Annotated[float, BeforeValidator(parse_duration, json_schema_input_type=str), Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/+-]*$")]


class Part(BaseModel):
    """A frozen piece of a playbook; an unknown field is an error, for it would silently mean nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Part):
    """Something with its origin: `source` is `<document> § <heading>`, `derived` is the rule that gave it."""

    source: str | None = Field(default=None, pattern=r"^.+ § .+$")
    derived: str | None = Field(default=None, min_length=3)

    @model_validator(mode="after")
    def _has_origin(self) -> Self:
        if self.source is None and self.derived is None:
            raise ValueError('a figure needs `source: "<document> § <heading>"` or `derived: <rule>`')
        return self


class Time(Sourced):
    """A duration in drill seconds."""

    value: Duration


class Number(Sourced):
    """A plain figure: a share, a count or milliseconds, as its field says."""

    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Choice(Sourced):
    """A list of names."""

    value: tuple[Word, ...]


class Criterion(Sourced):
    """One measured sign of a level; any one of a level's criteria suffices.

    `error_share` and `availability` are shares of requests, `p95_ms` is wall milliseconds and `p95_times_baseline` a
    factor on the baseline's p95.
    """

    measure: Literal["error_share", "availability", "p95_ms", "p95_times_baseline"]
    above: float | None = None
    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if sum(bound is not None for bound in (self.above, self.at_least, self.below)) != 1:
            raise ValueError("a criterion needs exactly one of `above`, `at_least` and `below`")
        return self

    def holds(self, seen: float) -> bool:
        """Whether a measured value shows this sign."""
        if self.above is not None:
            return seen > self.above
        return seen >= self.at_least if self.at_least is not None else seen < (self.below or 0.0)


class Slas(Part):
    """Within how much drill time each step has to come."""

    detect: Time
    acknowledge: Time
    classify: Time
    mitigate: Time
    resolve: Time


class Level(Part):
    """One severity: what it means, how it is measured and what it asks of the responder."""

    id: Word
    title: str
    definition: str
    examples: tuple[str, ...] = ()
    source: str = Field(pattern=r"^.+ § .+$")
    response: Time
    criteria: tuple[Criterion, ...] = ()
    sla: Slas
    first_update: Time | None = None
    update_every: Time | None = None
    audiences: Choice | None = None


class MatrixRow(Sourced):
    """The documents' impact matrix: a fault in one of `names` that users feel has at least this level."""

    component: str
    names: tuple[Word, ...]
    users: str
    impact: str
    level: Word


class Audience(Sourced):
    """Who has to be told, and where they listen."""

    id: Word
    title: str
    channel: Word


class Role(Sourced):
    """A role of the response."""

    id: Word
    title: str
    does: str


class Condition(Part):
    """When an escalation is due: a level's incident is not `until` after `after`, or a kind of failure is at work.

    `on_request` marks what only people can know: such an escalation is never due, and never uncalled for.
    """

    level: Word | None = None
    until: Literal["mitigated", "resolved"] | None = None
    after: Duration | None = None
    failure_modes: tuple[str, ...] = ()
    on_request: bool = False

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        timed = (self.level, self.until, self.after)
        if any(part is not None for part in timed) and None in timed:
            raise ValueError("a timed condition needs `level`, `until` and `after`")
        if sum((self.level is not None, bool(self.failure_modes), self.on_request)) != 1:
            raise ValueError("a condition is either timed, or by `failure_modes`, or `on_request`")
        return self


class Escalation(Sourced):
    """Who is called when, by what, and how much later the call still counts as in time."""

    id: Word
    to: tuple[Word, ...] = Field(min_length=1)
    by: tuple[Word, ...] = Field(min_length=1)
    when: Condition
    grace: Time


class Verification(Part):
    """When users are served again: the thresholds, and how long they have to hold."""

    window: Time
    error_share_above: Number
    p95_ms_above: Number
    min_requests: Number
    load_share: Number


class SeverityHold(Part):
    """How long a level's criteria have to hold, and on how many requests, before they count."""

    time: Time
    min_requests: Number


class Review(Part):
    """The review after the incident; `due` runs from the resolution."""

    due: Time
    parts: Choice


class Playbook(Part):
    """A whole incident process. Levels are gravest first."""

    name: Word
    title: str
    document: str
    levels: tuple[Level, ...] = Field(min_length=1)
    severity_hold: SeverityHold
    verification: Verification
    matrix: tuple[MatrixRow, ...] = ()
    audiences: tuple[Audience, ...] = ()
    update_content: Choice
    escalations: tuple[Escalation, ...] = ()
    roles: tuple[Role, ...] = ()
    review: Review

    @model_validator(mode="after")
    def _refers_to_what_it_has(self) -> Self:
        levels = [level.id for level in self.levels]
        audiences = [audience.id for audience in self.audiences]
        for noun, ids in (("level", levels), ("audience", audiences)):
            if twice := next((name for name in ids if ids.count(name) > 1), None):
                raise ValueError(f"{noun} '{twice}' is there twice")
        for row in self.matrix:
            _refer(f"matrix row '{row.component}'", "level", row.level, levels)
        for rule in self.escalations:
            if rule.when.level is not None:
                _refer(f"escalation '{rule.id}'", "level", rule.when.level, levels)
        for level in self.levels:
            for name in level.audiences.value if level.audiences else ():
                _refer(f"level '{level.id}'", "audience", name, audiences)
            if level.update_every and not level.first_update:
                raise ValueError(f"level '{level.id}' has `update_every` but no `first_update`")
        for part in self.update_content.value:
            _refer("update_content", "part", part, list(UPDATE_PARTS))
        return self

    def gravity(self, level_id: str) -> int | None:
        """Position of a level, 0 the gravest; None when this playbook has no such level."""
        return next((i for i, level in enumerate(self.levels) if level.id == level_id), None)

    def level(self, level_id: str) -> Level:
        """The level of that id; KeyError without one."""
        return next(level for level in self.levels if level.id == level_id)

    def graver(self, *level_ids: str | None) -> str | None:
        """The gravest of the given levels, leaving out None and what this playbook does not know."""
        known = [g for g in (self.gravity(i) for i in level_ids if i is not None) if g is not None]
        return self.levels[min(known)].id if known else None

    def figures(self) -> Iterator[tuple[str, Any, Sourced]]:
        """Every sourced part: its path, its value where it is one figure, and the part itself."""
        yield from _figures("", self)

    def plain(self) -> dict[str, Any]:
        """What programs ask for: figures as bare numbers (drill seconds), levels gravest first."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _refer(who: str, noun: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise ValueError(f"{who}: there is no {noun} '{name}'{did_you_mean(name, known)}")


def _figures(path: str, part: Any) -> Iterator[tuple[str, Any, Sourced]]:
    if isinstance(part, Sourced):
        yield path, getattr(part, "value", None), part
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _figures(f"{path}.{name}" if path else name, getattr(part, name))
    elif isinstance(part, tuple):
        for index, item in enumerate(part):
            label = getattr(item, "id", None) or getattr(item, "component", None) or index
            yield from _figures(f"{path}[{label}]", item)


def _plain(part: Any) -> Any:
    if isinstance(part, Time | Number | Choice):
        return _plain(part.value)
    if isinstance(part, BaseModel):
        hidden = {"source", "derived"}
        return {name: _plain(getattr(part, name)) for name in type(part).model_fields if name not in hidden}
    if isinstance(part, tuple):
        return [_plain(item) for item in part]
    return part
