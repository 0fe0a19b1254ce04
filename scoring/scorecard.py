"""`score(timeline, playbook)`: what a drill earned, why, and which events show it. Pure, the same bytes each time."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from scoring.cards import AlertCard, ConditionCard, DimensionCard, HardFailCard, Mark, MeasureCard, Scorecard
from scoring.closing import close, mitigate, requests_until
from scoring.communication import communicate
from scoring.conduct import HardFail, hard_fails, noise_and_collateral
from scoring.escalation import escalate
from scoring.finding import Finding, names, sentence
from scoring.judgement import classify, declarations, diagnose
from scoring.mitigation import Mitigation, find_mitigation
from scoring.playbook import DIMENSIONS, Level, Playbook
from scoring.severity import expected_severity
from scoring.sla import Measure, measure_all, true_resolution
from scoring.story import Story, read_story
from scoring.timeline import Event, Timeline

__all__ = ["DimensionCard", "MeasureCard", "Scorecard", "mark_of", "score"]


def score(timeline: Timeline, playbook: Playbook) -> Scorecard:
    """The scorecard of a timeline under a playbook.

    `verdict` is `aborted` for a drill that was, `inconclusive` where the record does not allow a verdict (no injection
    seen, load windows or oracle checks missing where they matter), else `scored`.
    """
    story = read_story(timeline, playbook)
    mitigation = find_mitigation(story)
    expected_id = expected_severity(story, _over_at(story, mitigation))
    expected = playbook.level(expected_id) if expected_id else None
    measures = measure_all(story, expected, mitigation)
    if mitigation.reverted is not None and measures["ttm"].verdict == "missed":
        why = "Users were served again only because the fault ended by itself, which earns nothing."
        measures["ttm"] = replace(measures["ttm"], why=why)
    verdict, why = _verdict(story, mitigation, measures)
    findings = _findings(story, expected, mitigation, measures)
    fails = hard_fails(story, mitigation, measures["ttm"])
    if verdict == "inconclusive":
        fails = [fail for fail in fails if fail.what != "never_mitigated"]
    return _card(story, mitigation, measures, findings, fails, expected_id, verdict, why)


def mark_of(grade: float) -> Mark:
    """P (≥ 0.9), S (≥ 0.7), M (≥ 0.4), U: the four marks of formal exercise evaluation."""
    return "P" if grade >= 0.9 else "S" if grade >= 0.7 else "M" if grade >= 0.4 else "U"


def _over_at(story: Story, mitigation: Mitigation) -> datetime:
    """When the fault could no longer hurt users: verified mitigation, its end by itself, or the drill's end."""
    ends = [mitigation.held_at, story.reverted.occurred_at if story.reverted else None, story.ended_at]
    return min(end for end in ends if end is not None)


def _verdict(
    story: Story, mitigation: Mitigation, measures: dict[str, Measure]
) -> tuple[Literal["scored", "inconclusive", "aborted"], str]:
    if story.aborted is not None:
        reason = story.aborted.text("reason").rstrip(".") or "no reason was given"
        return "aborted", f"The drill was aborted: {reason}."
    if story.truth.control:
        return "scored", "Nothing was injected: this drill asks whether anybody is paged all the same."
    if story.injected is None:
        return "inconclusive", "No fault was seen to take effect, so there was nothing to respond to."
    if mitigation.unsure_at is not None and story.onset_at is not None:
        ttm = measures["ttm"]
        could_be_s = story.drill_s(story.onset_at, mitigation.unsure_at)
        if ttm.verdict != "met" and could_be_s <= (ttm.sla_s or 0):
            return "inconclusive", f"Nobody can tell when users were served again: {mitigation.unsure_why}."
        if mitigation.started_at is None and ttm.verdict == "missed":
            return "inconclusive", f"Nobody can tell whether users were served again: {mitigation.unsure_why}."
    return "scored", ""


def _findings(
    story: Story, expected: Level | None, mitigation: Mitigation, measures: dict[str, Measure]
) -> dict[str, Finding]:
    if story.truth.control:
        return _control_findings(story)
    if expected is None:
        return {name: Finding(None, "no fault is on record") for name in DIMENSIONS}
    resolved = true_resolution(story, mitigation)
    is_open = measures["ttr"].verdict == "censored"
    unpaged = story.page is None and measures["ttd"].verdict == "censored"
    findings = {
        "detect": _timed(measures["ttd"]),
        "acknowledge": _timed(measures["tta"]),
        "classify": classify(story, expected.id, is_censored=unpaged or measures["ttc"].verdict == "censored"),
        "communicate": communicate(story, expected, mitigation, resolved, is_censored=is_open),
        "escalate": escalate(story, expected, mitigation, resolved),
        "diagnose": diagnose(story, is_censored=is_open),
        "mitigate": mitigate(story, measures["ttm"], mitigation),
        "close": close(story, mitigation, resolved, is_censored=is_open),
    }
    barred = story.timeline.drill.not_assessed
    return {n: Finding(None, "it cannot arise in this drill") if n in barred else f for n, f in findings.items()}


def _timed(measure: Measure) -> Finding:
    return Finding(measure.grade, measure.why, measure.events)


def _control_findings(story: Story) -> dict[str, Finding]:
    noise, _ = noise_and_collateral(story)
    if noise:
        kinds = ", ".join(dict.fromkeys(event.alert_name or "an unnamed alert" for event in noise))
        detect = Finding(0.0, f"false alarm: {kinds} fired though nothing was injected", names(*noise))
    else:
        detect = Finding(1.0, "nobody was paged, and rightly so")
    nothing = Finding(None, "nothing was injected")
    return {name: detect if name == "detect" else nothing for name in DIMENSIONS}


def _card(
    story: Story,
    mitigation: Mitigation,
    measures: dict[str, Measure],
    findings: dict[str, Finding],
    fails: list[HardFail],
    expected_id: str | None,
    verdict: Literal["scored", "inconclusive", "aborted"],
    why: str,
) -> Scorecard:
    weights = _weights(findings)
    dimensions = {name: _dimension(name, findings[name], weights[name]) for name in DIMENSIONS}
    total = sum(weights[n] * (f.grade or 0.0) for n, f in findings.items()) if any(weights.values()) else None
    is_scored = verdict == "scored" and total is not None
    noise, collateral = noise_and_collateral(story)
    declared = declarations(story)
    requests, failed = requests_until(story, mitigation)
    return Scorecard(
        drill=story.timeline.drill.id,
        playbook=story.playbook.name,
        verdict=verdict,
        why=why,
        clock=story.clock,
        measures={name: _measure(story, measure) for name, measure in measures.items()},
        dimensions=dimensions,
        score=round(total, 2) if is_scored and total is not None else None,
        mark=("U" if fails else mark_of(total / 100)) if is_scored and total is not None else None,
        sla_met=verdict == "scored" and not fails and _slas_met(story, measures, findings),
        expected_severity=expected_id,
        declared_severity=declared[-1].text("severity") if declared else None,
        hard_fails=tuple(HardFailCard(**fail.plain()) for fail in fails),
        onset_at=story.onset_at,
        mitigated=mitigation.started_at is not None,
        mitigated_at=mitigation.started_at,
        verified_at=mitigation.held_at,
        conditions=tuple(ConditionCard(name=c.name, ok=c.ok, seen=c.seen) for c in mitigation.conditions),
        noise=len(noise),
        collateral=len(collateral),
        noise_alerts=_alerts(noise),
        collateral_alerts=_alerts(collateral),
        requests=requests,
        requests_failed=failed,
    )


def _weights(findings: dict[str, Finding]) -> dict[str, float]:
    """Weights of the assessed dimensions, scaled so that they add up to 100 again; 0 for the others."""
    total = sum(DIMENSIONS[name] for name, finding in findings.items() if finding.grade is not None)
    return {n: DIMENSIONS[n] * 100 / total if f.grade is not None else 0.0 for n, f in findings.items()}


def _dimension(name: str, finding: Finding, weight: float) -> DimensionCard:
    grade = finding.grade
    why = sentence(finding.why)
    if grade is None:
        shared = f"Not assessed, its weight is shared out: {finding.why[:1].lower()}{finding.why[1:]}"
        why = sentence(shared.rstrip(": "))
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
        from_at=measure.from_at,
        to_at=measure.to_at,
        why=sentence(measure.why),
    )


def _alerts(events: list[Event]) -> AlertCard:
    kinds = tuple(sorted({event.alert_name for event in events}))
    return AlertCard(count=len(events), alerts=kinds, events=names(*events))


def _slas_met(story: Story, measures: dict[str, Measure], findings: dict[str, Finding]) -> bool:
    """Whether every measure that arose was met, and there was one; a control meets its SLA when nobody is paged."""
    if story.truth.control:
        return findings["detect"].grade == 1.0
    verdicts = [measure.verdict for measure in measures.values() if measure.verdict != "not_assessed"]
    return bool(verdicts) and all(verdict == "met" for verdict in verdicts)
