"""`score(timeline, playbook)`: what a drill earned, why, and which events show it. Pure, the same bytes each time."""

from dataclasses import replace
from datetime import datetime

from scoring.playbook import DIMENSIONS, Level, Playbook
from scoring.scorecard.all_clear import true_resolution
from scoring.scorecard.cards import DimensionCard, MeasureCard, Scorecard
from scoring.scorecard.causes import with_every_cause_gone
from scoring.scorecard.closing import close, mitigate
from scoring.scorecard.communication import communicate
from scoring.scorecard.conduct import AlertTallies, hard_fails, tally_alerts
from scoring.scorecard.escalation import escalate
from scoring.scorecard.finding import Finding, clip, listed, names
from scoring.scorecard.form import Judgement, fill_in, mark_of
from scoring.scorecard.judgement import classify, diagnose
from scoring.scorecard.mitigation import Mitigation, find_mitigation
from scoring.scorecard.severity import expected_severity
from scoring.scorecard.sla import Measure, measure_all
from scoring.story import Story, read_story
from scoring.timeline import Timeline
from scoring.timeline.collector import paused

__all__ = ["DimensionCard", "MeasureCard", "Scorecard", "judge", "mark_of", "score"]


def score(timeline: Timeline, playbook: Playbook) -> Scorecard:
    """The scorecard of a timeline under a playbook."""
    with paused():
        story = read_story(timeline, playbook)
        return judge(story, find_mitigation(story))


def judge(story: Story, mitigation: Mitigation) -> Scorecard:
    """The scorecard of a story whose mitigation is known.

    `verdict` is `aborted` for a drill that was, `inconclusive` where the record does not allow a verdict (no injection
    seen, load windows or oracle checks missing where they matter, nothing to assess), else `scored`.

    score = Σ weight · grade over the assessed dimensions; the weights of the others are shared out over these in
    proportion, so that they add up to 100. What hints cost is taken off that, down to 0. The mark is
    `mark_of(score / 100)`, U after any hard fail. `sla_met` asks for a verdict, no hard fail, and every measure that
    arose met.
    """
    mitigation = with_every_cause_gone(story, mitigation)
    expected_id = expected_severity(story, _over_at(story, mitigation))
    expected = story.playbook.level(expected_id) if expected_id else None
    measures = measure_all(story, expected, mitigation)
    if mitigation.reverted is not None and measures["ttm"].verdict == "missed":
        why = "Users were served again only because the fault ended by itself, which earns nothing."
        measures["ttm"] = replace(measures["ttm"], why=why)
    alerts = tally_alerts(story)
    findings = _findings(story, expected, mitigation, measures, alerts)
    verdict, why = _verdict(story, mitigation, measures, findings)
    fails = hard_fails(story, mitigation, measures["ttm"])
    if verdict != "scored" or _is_scripted(story):
        fails = [fail for fail in fails if fail.what != "never_mitigated"]
    return fill_in(story, mitigation, measures, findings, alerts, fails, expected_id, verdict, why)


def _over_at(story: Story, mitigation: Mitigation) -> datetime:
    """When the fault could no longer hurt users: verified mitigation, its end by itself, or the drill's end."""
    ends = [mitigation.held_at, story.reverted.occurred_at if story.reverted else None, story.ended_at]
    return min(end for end in ends if end is not None)


def _is_scripted(story: Story) -> bool:
    """Whether users are served again when a tabletop's script says so, or still may be, and not when the room acts."""
    return story.drill.is_tabletop and (not story.is_over or "mitigate" in story.drill.not_assessed)


def _verdict(
    story: Story, mitigation: Mitigation, measures: dict[str, Measure], findings: dict[str, Finding]
) -> tuple[Judgement, str]:
    if story.aborted is not None:
        reason = clip(story.aborted.text("reason")).rstrip(".") or "no reason was given"
        return "aborted", f"The drill was aborted: {reason}."
    if story.truth.control:
        if story.injected is not None:
            return "inconclusive", "A fault was injected into a control drill, in which nothing may be."
        return "scored", "Nothing was injected: this drill asks whether anybody is paged all the same."
    if story.injected is None:
        return "inconclusive", "No fault was seen to take effect, so there was nothing to respond to."
    if mitigation.unsure_at is not None and mitigation.pending_at is None and story.onset_at is not None:
        ttm = measures["ttm"]
        could_be_s = story.drill_s(story.onset_at, mitigation.unsure_at)
        if ttm.verdict != "met" and could_be_s <= (ttm.sla_s or 0):
            return "inconclusive", f"Nobody can tell when users were served again: {mitigation.unsure_why}."
        if mitigation.started_at is None and ttm.verdict == "missed":
            return "inconclusive", f"Nobody can tell whether users were served again: {mitigation.unsure_why}."
    if all(finding.grade is None for finding in findings.values()):
        return "inconclusive", "The drill ended before anything could be assessed."
    return "scored", ""


def _findings(
    story: Story, expected: Level | None, mitigation: Mitigation, measures: dict[str, Measure], alerts: AlertTallies
) -> dict[str, Finding]:
    if story.truth.control:
        return _control_findings(story, alerts)
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
        "close": close(story, expected, mitigation, resolved, is_censored=is_open),
    }
    barred = story.drill.not_assessed
    return {n: Finding(None, "it cannot arise in this drill") if n in barred else f for n, f in findings.items()}


def _timed(measure: Measure) -> Finding:
    return Finding(measure.grade, measure.why, measure.events)


def _control_findings(story: Story, alerts: AlertTallies) -> dict[str, Finding]:
    """In a control drill detection alone can be judged: nobody may be paged, by an alert or by a declaration."""
    declared = story.all("incident.declared")
    if alerts.noise.count:
        kinds = listed(name or "an unnamed alert" for name in alerts.noise.names)
        detect = Finding(0.0, f"a false alarm: {kinds} fired though nothing was injected", names(*alerts.noise.events))
    elif declared:
        detect = Finding(0.0, "a false alarm: an incident was declared though nothing was injected", names(*declared))
    else:
        detect = Finding(1.0, "nobody was paged, and rightly so")
    nothing = Finding(None, "nothing was injected")
    return {name: detect if name == "detect" else nothing for name in DIMENSIONS}
