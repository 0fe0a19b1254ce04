"""The matrix of failure modes as published: a row for each drill, and what they say together. Pure."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from scoring.scorecard import Scorecard
from scoring.timeline import Instant
from simulator.report.models import DrillResult, Machine, Report, Verdict

Purpose = Literal["mitigated", "missed", "control", "refused"]
"""What a drill is to show: that its runbook mitigates, that doing nothing misses, that nobody is paged for nothing, or
that something that is no mitigation does not pass for one."""


class MatrixRow(Report):
    """One drill. Times are drill seconds, `wall_seconds` is what it took.

    `detected_by` is the first accepted alert; `beyond_for_seconds` the time to detect less that rule's own `for`, never
    below 0. `act` is what was done that is no mitigation, and `refused_by` names the conditions that did not hold then.
    What does not arise in a drill is null.
    """

    family: str
    failure_mode: str
    experiment: str
    purpose: Purpose
    act: str | None = None
    verdict: Verdict
    reason: str = ""
    injected: bool
    detected_by: str | None
    ttd_seconds: float | None
    beyond_for_seconds: float | None
    mitigated: bool
    ttm_seconds: float | None
    diagnosis_right: bool | None
    score: float | None
    mark: str | None
    sla_met: bool | None
    refused_by: tuple[str, ...] = ()
    wall_seconds: float
    passed: bool


class Matrix(Report):
    """All rows in the order of play, under one playbook, responder and clock (drill seconds per wall second).

    `injected`, `detected`, `mitigated` and `passed` count rows; `median_beyond_for_seconds` is over the detected ones.
    """

    version: Literal[1] = 1
    playbook: str
    responder: str
    clock: Annotated[float, Field(gt=0)]
    started_at: Instant
    ended_at: Instant
    machine: Machine
    rows: tuple[MatrixRow, ...]
    injected: int
    detected: int
    mitigated: int
    passed: int
    median_beyond_for_seconds: float | None
    exit_status: Annotated[int, Field(ge=0, le=255)]


def median_beyond_for(rows: Sequence[MatrixRow]) -> float | None:
    """Drill seconds by which the median detection came later than its rule's own `for`; None if none was detected."""
    beyond = [row.beyond_for_seconds for row in rows if row.beyond_for_seconds is not None]
    return round(median(beyond), 3) if beyond else None


def row_of(
    result: DrillResult,
    *,
    family: str,
    purpose: Purpose,
    for_s: Mapping[str, float],
    wall_s: float,
    act: str | None = None,
    refused_by: tuple[str, ...] = (),
) -> MatrixRow:
    """What a drill's result says; `for_s` is each alert's own `for` in drill seconds.

    `refused_by` are the conditions that did not hold after the act, as `name: what was seen`.
    """
    card = result.scorecard
    fault = card.faults[0] if card and card.faults else None
    detected_by = fault.detected_by if fault else None
    ttd_s = _taken(card, "ttd") if detected_by else None
    return MatrixRow(
        family=family,
        failure_mode=result.failure_mode,
        experiment=result.experiment,
        purpose=purpose,
        act=act,
        verdict=result.verdict,
        reason=result.reason,
        injected=fault is not None and fault.injected_at is not None,
        detected_by=detected_by,
        ttd_seconds=ttd_s,
        beyond_for_seconds=None if ttd_s is None else round(max(0.0, ttd_s - for_s.get(detected_by or "", 0.0)), 3),
        mitigated=card is not None and card.mitigated,
        ttm_seconds=_taken(card, "ttm"),
        diagnosis_right=_is_right(card) if purpose == "mitigated" else None,
        score=card.score if card else None,
        mark=card.mark if card else None,
        sla_met=card.sla_met if card and result.verdict == "scored" else None,
        refused_by=refused_by,
        wall_seconds=round(wall_s, 1),
        passed=_passes(result, purpose, detected_by, refused_by),
    )


def _passes(result: DrillResult, purpose: Purpose, detected_by: str | None, refused_by: tuple[str, ...]) -> bool:
    """Whether a drill shows what it is for.

    A fault that users do not feel has no time to mitigate: there, detection is what counts.
    """
    card = result.scorecard
    if card is None or result.verdict == "aborted":
        return False
    if purpose == "refused":
        return not card.mitigated and bool(refused_by)
    if result.verdict != "scored":
        return False
    if purpose == "control":
        return card.sla_met
    ttm = card.measures["ttm"].verdict
    if purpose == "missed":
        return detected_by is not None and ttm in ("missed", "not_assessed") and not card.sla_met
    is_in_time = card.measures["ttd"].verdict == "met" and ttm in ("met", "not_assessed")
    return detected_by is not None and is_in_time and not card.hard_fails


def _taken(card: Scorecard | None, measure: str) -> float | None:
    return card.measures[measure].drill_seconds if card and measure in card.measures else None


def _is_right(card: Scorecard | None) -> bool | None:
    grade = card.dimensions["diagnose"].grade if card else None
    return None if grade is None else grade == 1.0
