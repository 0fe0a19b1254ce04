"""The five timed measures: how long, within what, with which verdict and grade."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from scoring.playbook import Level
from scoring.scorecard.all_clear import true_resolution
from scoring.scorecard.finding import names
from scoring.scorecard.mitigation import Mitigation
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
    """The five measures t = to − from in drill seconds, each against L, its SLA at the expected level.

    | measure | from | to |
    |---|---|---|
    | ttd | onset | the first accepted alert or declaration; 0 if it came before the onset |
    | tta | first page: the first accepted alert, else the declaration | the first acknowledgement |
    | ttc | first page | the first declaration |
    | ttm | onset | the start of the verification window that held |
    | ttr | onset | the first `incident.resolved` whose claim is true |

    A fault that users are not meant to feel, and did not, has no time to mitigate: it is judged by its detection.

    met: t ≤ L. missed: t > L, or the end never came while more than L passed (grade 0). censored: it never came and the
    drill ended before L had passed. not_assessed: it never began, or there was no fault.
    """
    if level is None or story.onset_at is None:
        why = "nothing was injected" if story.truth.control else "no fault is on record"
        return {name: Measure(name, "not_assessed", why) for name in MEASURES}
    sla = level.sla
    onset_at, page_at = story.onset_at, story.page.occurred_at if story.page else None
    detected, mitigated = _detection(story), mitigation.started_at
    acknowledged, declared = story.first("incident.acknowledged"), story.first("incident.declared")
    resolved = true_resolution(story, mitigation)
    shown, served = story.onset or story.injected, _first_look(story, mitigated) or mitigation.reverted
    measures = {
        "ttd": _measure(story, "ttd", onset_at, _at(detected), sla.detect.value, (shown, detected)),
        "tta": _measure(story, "tta", page_at, _at(acknowledged), sla.acknowledge.value, (story.page, acknowledged)),
        "ttc": _measure(story, "ttc", page_at, _at(declared), sla.classify.value, (story.page, declared)),
        "ttm": _measure(story, "ttm", onset_at, mitigated, sla.mitigate.value, (shown, served)),
        "ttr": _measure(story, "ttr", onset_at, _at(resolved), sla.resolve.value, (shown, resolved)),
    }
    if mitigation.pending_at is not None:
        measures["ttm"] = _pending(story, measures["ttm"], mitigation.pending_at)
    if is_unfelt(story):
        measures["ttm"] = Measure(
            "ttm", "not_assessed", "users never felt it; it is judged by its detection", sla.mitigate.value
        )
    return measures


def _pending(story: Story, ttm: Measure, served_from: datetime) -> Measure:
    """Time to mitigate while users are served again and that has not held for long enough yet."""
    if ttm.from_at is None or ttm.sla_s is None or story.drill_s(ttm.from_at, served_from) > ttm.sla_s:
        return ttm
    took = spell(story.drill_s(ttm.from_at, served_from))
    why = f"Not scored yet: users are served again after {took}, and it has to hold for the verification window."
    return replace(ttm, verdict="censored", why=why, grade=None)


def is_unfelt(story: Story) -> bool:
    """Whether the truth says that users do not feel the fault, and they did not."""
    return story.truth.impact == "none" and not story.spans and not story.since_begin("impact.started")


def _detection(story: Story) -> Event | None:
    declared = story.first("incident.declared")
    known = [event for event in (story.first_alert, declared) if event is not None]
    return min(known, key=lambda event: event.occurred_at, default=None)


def _first_look(story: Story, at: datetime | None) -> Event | None:
    """The oracle's first check of a window that held, to show it."""
    looks = story.by_kind.get("oracle.checked", ())
    index = bisect_left(looks, at, key=lambda look: look.occurred_at) if at else len(looks)
    return looks[index] if index < len(looks) else None


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
    events, to = names(*shown_by), TITLES[name]
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
    cut = "the drill ended before" if story.is_over else "the drill is still running, and"
    why = f"Not scored: {cut} the {spell(sla_s)} to {to} {'had' if story.is_over else 'have not'} passed."
    return Measure(name, "censored", why, sla_s, None, None, from_at, None, events)


def spell(drill_s: float) -> str:
    """Drill seconds for a person: `8.89 s`, `2 min 36 s`, `1 h 30 min`, `96 h`."""
    if drill_s < 60:
        return f"{drill_s:.3g} s"
    whole = round(drill_s)
    unit, name, smaller, smaller_name = (60, "min", 1, "s") if whole < 3600 else (3600, "h", 60, "min")
    rest = whole % unit // smaller
    return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")
