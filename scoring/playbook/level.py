"""A severity level: what it means, the measured signs of it, and what it asks of the responder."""

from typing import Literal, Self

from pydantic import ConfigDict, model_validator

from scoring.playbook.figure import ORIGINS, Amount, Choice, Line, Part, Sourced, Time, Word

_BOUNDS = ("above", "at_least", "below", "at_most")
Measured = Literal["success", "error_share", "availability", "users_share", "p95_ms", "p95_times_baseline"]


class Criterion(Sourced):
    """One measured sign of a level, with exactly one bound; any one of a level's criteria suffices."""

    model_config = ConfigDict(json_schema_extra={**ORIGINS, "oneOf": [{"required": [bound]} for bound in _BOUNDS]})

    measure: Measured
    """`error_share` is the share of requests that fail, `success` and `availability` the share of those that do not,
    `users_share` the share of users who met a failure, `p95_ms` wall milliseconds, `p95_times_baseline` a factor on
    the p95 before the fault."""
    above: Amount | None = None
    """Holds for more than this."""
    at_least: Amount | None = None
    """Holds for this and more."""
    below: Amount | None = None
    """Holds for less than this."""
    at_most: Amount | None = None
    """Holds for this and less."""

    @property
    def bound(self) -> tuple[str, float]:
        """The one bound that it has, by name."""
        return next((name, bound) for name in _BOUNDS if (bound := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        bounds = [bound for name in _BOUNDS if (bound := getattr(self, name)) is not None]
        if len(bounds) != 1:
            raise ValueError("a criterion needs exactly one of `above`, `at_least`, `below` and `at_most`")
        if not self.measure.startswith("p95") and bounds[0] > 1:
            raise ValueError(f"`{self.measure}` is a share from 0 to 1; 5 % is written 0.05")
        return self

    def holds(self, seen: float) -> bool:
        """Whether a measured value shows this sign."""
        if self.above is not None:
            return seen > self.above
        if self.at_least is not None:
            return seen >= self.at_least
        return seen < self.below if self.below is not None else seen <= (self.at_most or 0.0)


class Slas(Part):
    """Within how much drill time each step has to come."""

    detect: Time
    """From the onset to an alert that names the fault, or to the declaration."""
    acknowledge: Time
    """From the first page to somebody's `I have it`."""
    classify: Time
    """From the first page to the declaration of a severity."""
    mitigate: Time
    """From the onset until users are served again."""
    resolve: Time
    """From the onset to a resolution that is true."""


class Level(Sourced):
    """One severity: what it means, how it is measured and what it asks of the responder."""

    id: Word
    """As people say it: SEV-1, P0."""
    title: Line
    """One word or two."""
    definition: Line
    """What it means, in a sentence."""
    examples: tuple[Line, ...] = ()
    """What people recognise it by."""
    response: Time
    """Within how much time somebody has to respond."""
    criteria: tuple[Criterion, ...] = ()
    """Signs that are measured; one that holds is enough."""
    sla: Slas
    """The five limits of the level."""
    first_update: Time | None = None
    """How soon after the declaration the first update is due."""
    update_every: Time | None = None
    """How long a gap between updates may be; left out where the level asks for none."""
    audiences: Choice | None = None
    """Who has to be told: ids under `audiences`."""
    channels: Choice | None = None
    """How the level reaches those who respond: page, phone, chat, ticket."""
