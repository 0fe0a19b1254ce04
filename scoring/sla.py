"""The five timed measures: how long, within what, with which verdict and grade."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scoring.mitigation import Mitigation
from scoring.playbook import Level
from scoring.story import Story
from scoring.timeline import Event

Verdict = Literal["met", "missed", "censored", "not_assessed"]
MEASURES = ("ttd", "tta", "ttc", "ttm", "ttr")
TITLES = {"ttd": "detect", "tta": "acknowledge", "ttc": "classify", "ttm": "mitigate", "ttr": "resolve"}


@dataclass(frozen=True)
class Measure:
    """One measure. `drill_s` is None where its end never came; `grade` is None unless met or missed."""

    name: str
    verdict: Verdict
    why: str
    sla_s: float | None = None
    drill_s: float | None = None
    grade: float | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    events: tuple[str, ...] = ()


def grade(t_s: float, sla_s: float) -> float:
    """1 up to L/2, then linearly to 0.5 at L, then linearly to 0 at 2L (t and L in drill seconds).

    g(t) = 1 for t ≤ L/2; 1 − (t − L/2)/L for L/2 < t ≤ L; 0.5 − (t − L)/(2L) for L < t < 2L; 0 beyond.
    """
    if t_s <= sla_s / 2:
        return 1.0
    if t_s <= sla_s:
        return 1.0 - (t_s - sla_s / 2) / sla_s
    return max(0.0, 0.5 - (t_s - sla_s) / (2 * sla_s))


def measure_all(story: Story, level: Level | None, mitigation: Mitigation) -> dict[str, Measure]:
    """TTD, TTA, TTC, TTM and TTR against the SLAs of the expected level; all not assessed without a fault."""
    if level is None or story.onset_at is None:
        why = "nothing was injected" if story.truth.control else "no fault is on record"
        return {name: Measure(name, "not_assessed", why) for name in MEASURES}
    sla = level.sla
    onset_at, page_at = story.onset_at, story.page.occurred_at if story.page else None
    detected, mitigated = _detection(story), mitigation.started_at
    acknowledged, declared = _first(story, "incident.acknowledged"), _first(story, "incident.declared")
    resolved = true_resolution(story, mitigation)
    shown, served = story.onset, _first_look(story, mitigated) or mitigation.reverted
    return {
        "ttd": _measure(story, "ttd", onset_at, _at(detected), sla.detect.value, (shown, detected)),
        "tta": _measure(story, "tta", page_at, _at(acknowledged), sla.acknowledge.value, (story.page, acknowledged)),
        "ttc": _measure(story, "ttc", page_at, _at(declared), sla.classify.value, (story.page, declared)),
        "ttm": _measure(story, "ttm", onset_at, mitigated, sla.mitigate.value, (shown, served)),
        "ttr": _measure(story, "ttr", onset_at, _at(resolved), sla.resolve.value, (shown, resolved)),
    }


def true_resolution(story: Story, mitigation: Mitigation) -> Event | None:
    """The first `incident.resolved` whose claim is true.

    It is when users were served from before it on, and, where the oracle also looked for recovery, its last look found
    the cause gone and a restarted instance serving.
    """
    if mitigation.started_at is None or not is_recovered(story):
        return None
    claims = story.since_begin("incident.resolved")
    return next((claim for claim in claims if claim.occurred_at >= mitigation.started_at), None)


def is_recovered(story: Story) -> bool:
    """Whether the oracle's last look for recovery was good; true where it never looked."""
    looks = [e for e in story.by_kind.get("oracle.checked", ()) if e.data.get("phase") == "recovered"]
    return not looks or looks[-1].data.get("ok") is True


def _detection(story: Story) -> Event | None:
    declared = _first(story, "incident.declared")
    known = [event for event in (story.first_alert, declared) if event is not None]
    return min(known, key=lambda event: event.occurred_at, default=None)


def _first(story: Story, kind: str) -> Event | None:
    return next(iter(story.since_begin(kind)), None)


def _first_look(story: Story, at: datetime | None) -> Event | None:
    """The oracle's first check of a window that held, to show it."""
    looks = story.by_kind.get("oracle.checked", ())
    return next((look for look in looks if look.occurred_at >= at), None) if at else None


def _at(event: Event | None) -> datetime | None:
    return event.occurred_at if event else None


def _measure(
    story: Story,
    name: str,
    from_at: datetime | None,
    to_at: datetime | None,
    sla_s: float,
    shown_by: tuple[Event | None, ...],
) -> Measure:
    events = tuple(event.name for event in shown_by if event is not None)
    to = TITLES[name]
    if from_at is None:
        return Measure(name, "not_assessed", f"nobody was paged, so there was nothing to {to}", sla_s, events=events)
    if to_at is not None:
        t_s = story.drill_s(from_at, to_at)
        is_met = t_s <= sla_s + 1e-6
        how = "later than" if not is_met else "within half of" if t_s <= sla_s / 2 else "within, but past half of"
        why = f"It took {spell(t_s)} to {to}, {how} the {spell(sla_s)} allowed."
        return Measure(name, "met" if is_met else "missed", why, sla_s, t_s, grade(t_s, sla_s), from_at, to_at, events)
    if story.drill_s(from_at, story.ended_at) > sla_s:
        why = f"It was never done: {spell(sla_s)} to {to} passed before the drill ended."
        return Measure(name, "missed", why, sla_s, None, 0.0, from_at, None, events)
    ended = "the drill ended" if story.is_over else "the drill is still running"
    why = f"Not scored: {ended} before the {spell(sla_s)} to {to} had passed."
    return Measure(name, "censored", why, sla_s, None, None, from_at, None, events)


def spell(drill_s: float) -> str:
    """Drill seconds for a person: `45 s`, `12.5 min`, `3 h`."""
    if drill_s < 60:
        return f"{drill_s:.3g} s"
    if drill_s < 7200 and drill_s != 3600:
        return f"{drill_s / 60:.4g} min"
    return f"{drill_s / 3600:.4g} h"
