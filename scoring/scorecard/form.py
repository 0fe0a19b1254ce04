"""A scorecard filled in from what was found: weights shared out, points, score and mark."""

from datetime import datetime
from typing import Literal

from scoring.playbook import DIMENSIONS
from scoring.scorecard.cards import (
    AlertCard,
    ConditionCard,
    DimensionCard,
    FaultCard,
    HardFailCard,
    HintCard,
    Mark,
    MeasureCard,
    ReportCard,
    Scorecard,
)
from scoring.scorecard.causes import Cause, tell_causes
from scoring.scorecard.closing import requests_until
from scoring.scorecard.conduct import AlertTallies, HardFail, Tally
from scoring.scorecard.finding import MOST_NAMED, Finding, clip, names, sentence, uncapitalised
from scoring.scorecard.hints import Hints, hints_taken
from scoring.scorecard.judgement import declarations
from scoring.scorecard.mitigation import Mitigation
from scoring.scorecard.reported import Report, reports
from scoring.scorecard.sla import Measure
from scoring.story import Story

Judgement = Literal["scored", "inconclusive", "aborted"]
_MOST_CONDITIONS, _LONGEST_SEEN = 40, 300


def fill_in(
    story: Story,
    mitigation: Mitigation,
    measures: dict[str, Measure],
    findings: dict[str, Finding],
    alerts: AlertTallies,
    fails: list[HardFail],
    expected_id: str | None,
    verdict: Judgement,
    why: str,
) -> Scorecard:
    """The scorecard: weights shared out, points, score and mark, everything cut to a bearable length.

    Instants of the story become wall time.
    """
    weights = _weights(findings)
    dimensions = {name: _dimension(name, findings[name], weights[name]) for name in DIMENSIONS}
    earned = round(sum(dimension.points or 0.0 for dimension in dimensions.values()), 2)
    hints = hints_taken(story)
    total = hints.taken_off(earned)
    is_scored = verdict == "scored"
    requests, failed = requests_until(story, mitigation)
    return Scorecard(
        drill=story.drill.id,
        playbook=story.playbook.name,
        verdict=verdict,
        why=why,
        clock=story.clock,
        measures={name: _measure(story, measure) for name, measure in measures.items()},
        dimensions=dimensions,
        score=total if is_scored else None,
        mark=("U" if fails else mark_of(total / 100)) if is_scored else None,
        sla_met=is_scored and not fails and _slas_met(story, measures, findings),
        expected_severity=expected_id,
        declared_severity=_declared(story),
        hard_fails=tuple(HardFailCard(**fail.plain()) for fail in fails),
        onset_at=_wall_at(story, story.onset_at),
        mitigated=mitigation.started_at is not None,
        mitigated_at=_wall_at(story, mitigation.started_at),
        verified_at=_wall_at(story, mitigation.held_at),
        conditions=_conditions(mitigation),
        faults=tuple(_fault(story, cause) for cause in tell_causes(story, mitigation)),
        reported={name: _report(story, report) for name, report in reports(story, mitigation).items()},
        accepted=alerts.accepted.count,
        consequences=alerts.consequences.count,
        collateral=alerts.collateral.count,
        noise=alerts.noise.count,
        accepted_alerts=_alerts(alerts.accepted),
        consequence_alerts=_alerts(alerts.consequences),
        collateral_alerts=_alerts(alerts.collateral),
        noise_alerts=_alerts(alerts.noise),
        requests=requests,
        requests_failed=failed,
        hints=_hints(hints, earned if is_scored else None) if hints.count else None,
    )


def mark_of(grade: float) -> Mark:
    """P (≥ 0.9), S (≥ 0.7), M (≥ 0.4), U: the four marks of formal exercise evaluation."""
    return "P" if grade >= 0.9 else "S" if grade >= 0.7 else "M" if grade >= 0.4 else "U"


def _weights(findings: dict[str, Finding]) -> dict[str, float]:
    """Weights of the assessed dimensions, scaled so that they add up to 100 again; 0 for the others."""
    total = sum(DIMENSIONS[name] for name, finding in findings.items() if finding.grade is not None)
    return {n: DIMENSIONS[n] * 100 / total if f.grade is not None else 0.0 for n, f in findings.items()}


def _dimension(name: str, finding: Finding, weight: float) -> DimensionCard:
    grade = finding.grade
    why = sentence(finding.why)
    if grade is None:
        why = sentence(f"Not assessed, its weight is shared out: {uncapitalised(finding.why)}".rstrip(": "))
    return DimensionCard(
        weight=round(weight, 4),
        base_weight=DIMENSIONS[name],
        grade=None if grade is None else round(grade, 4),
        points=None if grade is None else round(weight * grade, 4),
        mark=None if grade is None else mark_of(grade),
        why=why,
        events=finding.events,
    )


def _measure(story: Story, measure: Measure) -> MeasureCard:
    t_s = measure.drill_s
    return MeasureCard(
        drill_seconds=None if t_s is None else round(t_s, 3),
        wall_seconds=None if t_s is None else round(t_s / story.clock, 6),
        sla_seconds=measure.sla_s,
        verdict=measure.verdict,
        grade=None if measure.grade is None else round(measure.grade, 4),
        from_at=_wall_at(story, measure.from_at),
        to_at=_wall_at(story, measure.to_at),
        why=sentence(measure.why),
        events=measure.events,
    )


def _declared(story: Story) -> str | None:
    """The severity that was declared last, though in a control drill none was called for."""
    told = story.all("incident.declared", "incident.reclassified") if story.truth.control else declarations(story)
    return clip(told[-1].text("severity")) if told else None


def _conditions(mitigation: Mitigation) -> tuple[ConditionCard, ...]:
    seen = mitigation.conditions[:_MOST_CONDITIONS]
    return tuple(ConditionCard(name=clip(c.name), ok=c.ok, seen=clip(c.seen, _LONGEST_SEEN)) for c in seen)


def _fault(story: Story, cause: Cause) -> FaultCard:
    return FaultCard(
        failure_mode=clip(cause.fault.failure_mode),
        component=clip(cause.fault.component),
        is_first_cause=cause.is_first,
        injected_at=_wall_at(story, cause.injected_at),
        detected_at=_wall_at(story, cause.detected.occurred_at if cause.detected else None),
        detected_by=clip(cause.detected.alert_name) if cause.detected else None,
        drill_seconds=None if cause.detection_s is None else round(cause.detection_s, 3),
        is_gone=cause.is_gone,
        mitigated=cause.is_mitigated,
    )


def _report(story: Story, report: Report) -> ReportCard:
    return ReportCard(
        said_at=story.wall_at(report.said_at),
        reported_at=story.wall_at(report.reported_at),
        observed_at=_wall_at(story, report.observed_at),
        gap_seconds=None if report.gap_s is None else round(report.gap_s, 3),
        false_all_clear=report.is_false_all_clear,
        why=report.why,
        events=report.events,
    )


def _hints(hints: Hints, earned: float | None) -> HintCard:
    return HintCard(count=hints.count, points=hints.points, why=hints.why(earned), events=names(*hints.first))


def _alerts(tally: Tally) -> AlertCard:
    kinds = tuple(map(clip, tally.names[:MOST_NAMED]))
    return AlertCard(count=tally.count, alerts=kinds, events=names(*tally.events))


def _wall_at(story: Story, at: datetime | None) -> datetime | None:
    return None if at is None else story.wall_at(at)


def _slas_met(story: Story, measures: dict[str, Measure], findings: dict[str, Finding]) -> bool:
    """Whether every measure that arose was met, and there was one; a control meets its SLA when nobody is paged."""
    if story.truth.control:
        return findings["detect"].grade == 1.0
    verdicts = [measure.verdict for measure in measures.values() if measure.verdict != "not_assessed"]
    return bool(verdicts) and all(verdict == "met" for verdict in verdicts)
