"""Whether a drill has become worse than in an earlier gate, beyond the noise of both."""

from collections.abc import Sequence
from statistics import median

from simulator.drill.suite import Budgets
from simulator.gate.deciding import Look
from simulator.gate.reading import SCORE, SLAS, Reading, Rule, shown
from simulator.gate.resolution import LEAST_POINTS, Grain
from simulator.report.gate import GatedDrill
from simulator.report.models import DrillResult


def regression_rules(budgets: Budgets) -> tuple[tuple[Rule, Rule], ...]:
    """What is compared, each with the rule that it is of: the score, and the times that have to hold."""
    of = [SCORE, *(rule for name, rule in SLAS.items() if name in budgets.slas)]
    return tuple(
        (Rule(f"regression.{_short(rule)}", f"{rule.title} against the baseline", rule.unit, rule.is_least), rule)
        for rule in of
    )


def regress(
    rule: Rule, now: Sequence[DrillResult], before: GatedDrill | None, grain: Grain
) -> tuple[tuple[Reading, ...], tuple[Look, ...]]:
    """The readings and looks of all attempts, of a `rule` of budgets, against the same drill of an earlier gate.

    The limit is the baseline's median, worsened by the noise: the largest of the resolution, the spread of the earlier
    attempts and that of these. Beyond the limit by another resolution the miss is clear.
    """
    known = _values(rule, before.attempts if before else ())
    seen = [_value(rule, result) for result in now]
    if not known:
        why = "The baseline does not have this drill, or not this figure of it."
        return _all(Reading("not_assessed", None, None, 0.0, why), now)
    base, resolution = median(known), _resolution(rule, now, grain)
    noise = max(resolution, _spread(known), _spread([value for value in seen if value is not None]))
    limit = base - noise if rule.is_least else base + noise
    pairs = [_read(rule, result, value, base, limit, resolution) for result, value in zip(now, seen, strict=True)]
    return tuple(reading for reading, _ in pairs), tuple(look for _, look in pairs)


def _read(
    rule: Rule, result: DrillResult, value: float | None, base: float, limit: float, resolution: float
) -> tuple[Reading, Look]:
    if result.verdict != "scored" or _is_censored(rule, result):
        return Reading("not_judged", value, limit, resolution, result.reason or "It was not measured."), Look(
            "not_judged"
        )
    worse_by = _worse_by(rule, value, limit)
    is_met = worse_by is not None and worse_by <= 0
    how = "no worse than" if is_met else "worse than"
    why = (
        f"{shown(value, rule)}, {how} the baseline's {shown(base, rule)} beyond the noise (limit {shown(limit, rule)})."
    )
    reading = Reading("met" if is_met else "missed", value, limit, resolution, why)
    return reading, Look(reading.standing, is_met or worse_by is None or worse_by > resolution)


def _worse_by(rule: Rule, value: float | None, limit: float) -> float | None:
    if value is None:
        return None
    return limit - value if rule.is_least else value - limit


def _all(reading: Reading, now: Sequence[DrillResult]) -> tuple[tuple[Reading, ...], tuple[Look, ...]]:
    return (reading,) * len(now), (Look(reading.standing),) * len(now)


def _resolution(rule: Rule, now: Sequence[DrillResult], grain: Grain) -> float:
    if rule.unit == "drill_seconds":
        return grain.of_time(_short(rule))
    return max(
        (grain.of_score(r.scorecard) for r in now if r.scorecard and r.verdict == "scored"), default=LEAST_POINTS
    )


def _values(rule: Rule, results: Sequence[DrillResult]) -> list[float]:
    return [value for result in results if (value := _value(rule, result)) is not None]


def _value(rule: Rule, result: DrillResult) -> float | None:
    card = result.scorecard
    if card is None or result.verdict != "scored":
        return None
    return card.score if rule is SCORE else card.measures[_short(rule)].drill_seconds


def _is_censored(rule: Rule, result: DrillResult) -> bool:
    measure = result.scorecard.measures.get(_short(rule)) if result.scorecard else None
    return measure is not None and measure.verdict in ("censored", "not_assessed")


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values) if values else 0.0


def _short(rule: Rule) -> str:
    return rule.id.removeprefix("sla.")
