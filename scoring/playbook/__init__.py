"""One organisation's incident process as data: frozen models, every figure with where it comes from.

Durations are drill seconds in memory; shares are 0–1; latencies are wall milliseconds. Levels are listed gravest first,
and their position is their gravity.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from scoring.documents.agreement import Inconsistent
from scoring.playbook.consistency import find_faults
from scoring.playbook.duties import Audience, Condition, Deadline, Escalation, Review, Role
from scoring.playbook.figure import Choice, Line, Number, Part, Proportion, Sourced, Time, Word, plain
from scoring.playbook.level import Criterion, Level

__all__ = [
    "DIMENSIONS",
    "UPDATE_PARTS",
    "Audience",
    "Condition",
    "Criterion",
    "Deadline",
    "Escalation",
    "Level",
    "MatrixRow",
    "Playbook",
    "Review",
    "Role",
    "SeverityHold",
    "Verification",
]

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


class MatrixRow(Sourced):
    """A row of the component matrix: a fault in one of `names` that users feel has at least this level."""

    component: Line
    """What people call it."""
    names: tuple[Word, ...] = Field(min_length=1)
    """What labels, deployments and alerts call it."""
    users: Line
    """Who feels it."""
    impact: Line
    """How much it matters."""
    level: Word
    """The least level of such a fault."""


class Verification(Part):
    """When users are served again: the thresholds, and how long they have to hold."""

    window: Time
    """How long users have to be served before it counts."""
    error_share_above: Proportion
    """Users suffer when more of their requests fail."""
    p95_ms_above: Number
    """Users suffer when the p95 is longer, in wall milliseconds."""
    p95_times_baseline_above: Number | None = None
    """Users suffer when the p95 is more than this many times the one before the fault."""
    min_requests: Number
    """Fewer requests in the window say nothing."""
    load_share: Proportion
    """At least this share of the usual number of requests has to come."""

    def p95_limit_ms(self, usual_p95_ms: float | None = None) -> float:
        """Above which p95 users suffer; `usual_p95_ms` is the one before the fault, None where nobody knows it."""
        limit, factor = self.p95_ms_above.value, self.p95_times_baseline_above
        return min(limit, factor.value * usual_p95_ms) if factor and usual_p95_ms else limit

    def is_outside(self, error_share: float, p95_ms: float | None, usual_p95_ms: float | None = None) -> bool:
        """Whether users suffer."""
        is_slow = p95_ms is not None and p95_ms > self.p95_limit_ms(usual_p95_ms)
        return is_slow or error_share > self.error_share_above.value


class SeverityHold(Part):
    """How long a level's criteria have to hold, and on how many requests, before they count."""

    time: Time
    """How long."""
    min_requests: Number
    """On how many requests."""


class Playbook(Part):
    """A whole incident process: severities, response times, updates, escalation, verification and review."""

    name: Word
    """The name by which drills call it."""
    title: Line
    """The name for people."""
    document: Line
    """The document that it puts into figures; sources name its headings."""
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    """Severities, gravest first."""
    severity_hold: SeverityHold
    """What a level's criteria need before they count."""
    verification: Verification
    """When users are served again."""
    matrix: tuple[MatrixRow, ...] = ()
    """Least levels by component, where the document has such a table."""
    audiences: tuple[Audience, ...] = ()
    """Who can be told."""
    update_content: Choice
    """What an update has to carry: status, impact, next_step, next_update_at."""
    escalations: tuple[Escalation, ...] = ()
    """Who is called when."""
    roles: tuple[Role, ...] = ()
    """Who does what in the response."""
    review: Review
    """What has to be handed in afterwards."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if faults := list(find_faults(self, UPDATE_PARTS)):
            raise Inconsistent(faults)
        return self

    def gravity(self, level_id: str) -> int | None:
        """Position of a level, 0 the gravest; None when this playbook has no such level."""
        return next((i for i, level in enumerate(self.levels) if level.id == level_id), None)

    def level(self, level_id: str) -> Level:
        """The level of that id; KeyError without one."""
        found = next((level for level in self.levels if level.id == level_id), None)
        if found is None:
            raise KeyError(level_id)
        return found

    def graver(self, *level_ids: str | None) -> str | None:
        """The gravest of the given levels, leaving out None and what this playbook does not know."""
        known = [g for g in (self.gravity(i) for i in level_ids if i is not None) if g is not None]
        return self.levels[min(known)].id if known else None

    def figures(self) -> Iterator[tuple[str, Sourced]]:
        """Every sourced part with its path, such as `levels[SEV-1].sla.detect`."""
        yield from _figures("", self)

    def plain(self) -> dict[str, Any]:
        """What programs ask for: figures as bare numbers (drill seconds), levels gravest first."""
        bare: dict[str, Any] = plain(self)
        return bare


def _figures(path: str, part: Any) -> Iterator[tuple[str, Sourced]]:
    if isinstance(part, Sourced):
        yield path, part
    if isinstance(part, Part):
        for name in type(part).model_fields:
            yield from _figures(f"{path}.{name}" if path else name, getattr(part, name))
    elif isinstance(part, tuple):
        for index, item in enumerate(part):
            label = getattr(item, "id", None) or getattr(item, "component", None) or index
            yield from _figures(f"{path}[{label}]", item)
