"""The scorecard as it is published: frozen pydantic models, canonical JSON. However long a timeline, it stays small."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scoring.canonical import canonical_json
from scoring.scorecard.sla import Verdict
from scoring.timeline import Instant

Mark = Literal["P", "S", "M", "U"]


class Card(BaseModel):
    """A frozen piece of a scorecard."""

    model_config = ConfigDict(frozen=True)


class MeasureCard(Card):
    """A timed measure. Seconds are null where its end never came, the grade where it was not scored.

    `wall_seconds` are those in which the drill clock ran, with what it was advanced by.
    """

    drill_seconds: float | None
    wall_seconds: float | None
    sla_seconds: float | None
    verdict: Verdict
    grade: float | None
    from_at: Instant | None
    to_at: Instant | None
    why: str
    events: tuple[str, ...] = ()


class DimensionCard(Card):
    """A dimension. `weight` includes what was shared out to it; grade, points and mark are null if not assessed."""

    weight: float
    base_weight: int
    grade: float | None
    points: float | None
    mark: Mark | None
    why: str
    events: tuple[str, ...]


class ConditionCard(Card):
    """A condition of *mitigated* with what was seen; `ok` is null where nobody looked."""

    name: str
    ok: bool | None
    seen: str


class HardFailCard(Card):
    """A reason that fails the drill whatever its points."""

    what: str
    why: str
    events: tuple[str, ...]


class ReportCard(Card):
    """What people reported beside what was seen; the gap is drill seconds, below zero where they said it too soon.

    `said_at` is when they first said it, `reported_at` the instant that they gave.
    """

    said_at: Instant
    reported_at: Instant
    observed_at: Instant | None
    gap_seconds: float | None
    false_all_clear: bool
    why: str
    events: tuple[str, ...]


class AlertCard(Card):
    """Alerts of one kind: how often they fired, and the first names and events of them, 20 at most."""

    count: int = 0
    alerts: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class FaultCard(Card):
    """One cause: when and by which alert it was detected, how long after it was injected, and whether it was cured.

    `is_gone` is null where nobody looked for the cause itself.
    """

    failure_mode: str
    component: str
    is_first_cause: bool
    injected_at: Instant | None
    detected_at: Instant | None
    detected_by: str | None
    drill_seconds: float | None
    is_gone: bool | None
    mitigated: bool


class HintCard(Card):
    """Hints that were taken: how many, the points that they cost together, and the first 20 events."""

    count: int
    points: float
    why: str
    events: tuple[str, ...]


class Scorecard(Card):
    """What a drill earned. `score` is 0–100, null (as `mark`) unless `verdict` is `scored`.

    `accepted` counts alerts that named the fault, `consequences` those that were expected to follow, `collateral` true
    ones that did neither, `noise` those that fired while nothing was injected. `faults` has every cause in the order of
    injection. `reported` has `detected`, `mitigated` and `resolved`, as far as people reported them. `hints` is left
    out where none was taken; else `score` is what they leave of the dimensions' points, never below 0. Instants are
    wall time; that of what occurred while the drill clock stood still is when it stopped. What a scorecard of an older
    version does not have is empty.
    """

    drill: str
    playbook: str
    verdict: Literal["scored", "inconclusive", "aborted"]
    why: str
    clock: float
    measures: dict[str, MeasureCard]
    dimensions: dict[str, DimensionCard]
    score: float | None
    mark: Mark | None
    sla_met: bool
    expected_severity: str | None
    declared_severity: str | None
    hard_fails: tuple[HardFailCard, ...]
    onset_at: Instant | None
    mitigated: bool
    mitigated_at: Instant | None
    verified_at: Instant | None
    conditions: tuple[ConditionCard, ...]
    faults: tuple[FaultCard, ...] = ()
    reported: dict[str, ReportCard] = {}
    accepted: int = 0
    consequences: int = 0
    collateral: int
    noise: int
    accepted_alerts: AlertCard = AlertCard()
    consequence_alerts: AlertCard = AlertCard()
    collateral_alerts: AlertCard
    noise_alerts: AlertCard
    requests: int
    requests_failed: int
    hints: HintCard | None = Field(default=None, exclude_if=lambda hints: hints is None)

    def to_json(self) -> str:
        """Canonical JSON, one line: sorted keys, UTC instants with microseconds."""
        return canonical_json(self.model_dump(mode="json")).decode()
