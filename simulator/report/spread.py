"""What a gate's attempts show, as people read it: one value, or from the least to the most."""

from collections.abc import Sequence
from statistics import fmean, median

from simulator.report.durations import drill_time
from simulator.report.gate import ComparedWith, Gate, GatedDrill, Outcome, Requirement, Unit
from simulator.report.models import DrillResult
from simulator.report.sentences import percent, plain

NOTHING = "–"
SIGNS: dict[Outcome, str] = {"passed": "✓", "failed": "✗", "inconclusive": "?"}


def amount(value: float | None, unit: Unit) -> str:
    """A value in its unit, such as `4m 10s`, `95.3`, `31 %`, `12`; a dash for None."""
    if value is None:
        return NOTHING
    if unit == "drill_seconds":
        return drill_time(value)
    if unit == "share":
        return percent(value)
    return f"{value:.1f}" if unit == "points" else f"{value:,.0f}"


def spread(values: Sequence[float | None], unit: Unit) -> str:
    """`4m`, `4m–5m 10s`, and how many have no value: `4m, – in 1 of 3`."""
    known = [value for value in values if value is not None]
    if not known:
        return NOTHING
    low, high = amount(min(known), unit), amount(max(known), unit)
    text = low if low == high else f"{low}–{high}"
    missing = len(values) - len(known)
    return f"{text}, {NOTHING} in {missing} of {len(values)}" if missing else text


def against_limit(requirement: Requirement) -> str:
    """What was seen and what was allowed: `22m–26m, limit 15m`."""
    return f"{spread(requirement.seen, requirement.unit)}, limit {amount(requirement.limit, requirement.unit)}"


def middle(values: Sequence[float | None]) -> float | None:
    """The median of what is known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def scores(attempts: Sequence[DrillResult]) -> list[float | None]:
    """Each attempt's score; None where it has none."""
    return [attempt.scorecard.score if attempt.scorecard else None for attempt in attempts]


def times(attempts: Sequence[DrillResult], measure: str) -> list[float | None]:
    """Each attempt's drill seconds of a measure such as `ttm`."""
    cards = [attempt.scorecard for attempt in attempts]
    return [card.measures[measure].drill_seconds if card and measure in card.measures else None for card in cards]


def failed_shares(attempts: Sequence[DrillResult]) -> list[float | None]:
    """Each attempt's share of requests that failed."""
    cards = [attempt.scorecard for attempt in attempts]
    return [card.requests_failed / card.requests if card and card.requests else None for card in cards]


def gate_score(gate: Gate) -> float | None:
    """0–100: the mean of the drills, each by its median attempt; None if nothing was scored."""
    known = [score for drill in gate.drills if (score := middle(scores(drill.attempts))) is not None]
    return round(fmean(known), 2) if known else None


def missed_of(drill: GatedDrill) -> list[Requirement]:
    """What a drill missed; each has its own sentence, of which the drill's is the first."""
    return [requirement for requirement in drill.requirements if requirement.verdict == "missed"]


def compared_with(baseline: ComparedWith) -> str:
    """`last: main 0123456789ab, 2026-01-05 10:00 UTC`."""
    revision = baseline.revision
    of = " ".join(plain(text) for text in (revision.branch, (revision.commit or "")[:12]) if text)
    return f"{plain(baseline.name)}: {f'{of}, ' if of else ''}{baseline.started_at:%Y-%m-%d %H:%M} UTC"
