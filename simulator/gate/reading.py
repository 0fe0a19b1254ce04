"""What one attempt shows of each thing that a suite requires."""

from dataclasses import dataclass
from typing import Literal

from scoring.scorecard import MeasureCard, Scorecard
from simulator.drill.suite import EVERY_SLA, Budgets
from simulator.gate.resolution import Grain
from simulator.report.gate import Unit
from simulator.report.models import MEASURES, DrillResult
from simulator.report.sentences import percent
from simulator.report.spread import amount

Standing = Literal["met", "missed", "not_judged", "not_assessed"]
_NOT_ASKED = "The suite does not ask for it."
_CONTROL = "Nothing is injected in a control drill."


@dataclass(frozen=True)
class Rule:
    """One thing that can be required. `is_least`: the limit is the least that will do, else the most."""

    id: str
    title: str
    unit: Unit
    is_least: bool = False


@dataclass(frozen=True)
class Reading:
    """What one attempt says. `value`, `limit` and `resolution` are in the rule's unit.

    Without a value, a missed one is as clear as can be: it never came.
    """

    standing: Standing
    value: float | None
    limit: float | None
    resolution: float
    why: str


SCORE = Rule("score", "Score", "points", is_least=True)
REQUESTS_FAILED = Rule("requests_failed", "Failed requests", "share")
NOISE = Rule("noise", "Noise", "count")
FALSE_ALARM = Rule("false_alarm", "False alarms", "count")
HARD_FAILS = Rule("hard_fails", "Hard fails", "count")
SLAS = {
    name: Rule(f"sla.{name}", f"{short}, time to {does.lower()}", "drill_seconds")
    for name, (short, does) in MEASURES.items()
}


def rules(*, is_control: bool) -> tuple[Rule, ...]:
    """All that can be required of a drill, in the order in which it is shown."""
    return (*SLAS.values(), SCORE, REQUESTS_FAILED, FALSE_ALARM if is_control else NOISE, HARD_FAILS)


def read(result: DrillResult, budgets: Budgets, grain: Grain, *, is_control: bool) -> dict[str, Reading]:
    """The reading of each rule, by its id."""
    card = result.scorecard
    if card is None or result.verdict != "scored":
        why = result.reason or (card.why if card else "") or "There is no scorecard."
        return {rule.id: Reading("not_judged", None, None, 0.0, why) for rule in rules(is_control=is_control)}
    readings = {SLAS[name].id: _sla(card.measures[name], name, budgets, grain, is_control) for name in EVERY_SLA}
    readings[SCORE.id] = _score(card, budgets, grain)
    readings[REQUESTS_FAILED.id] = _requests_failed(result, card, budgets, grain, is_control)
    if is_control:
        readings[FALSE_ALARM.id] = _false_alarm(card, budgets)
    else:
        readings[NOISE.id] = _noise(card, budgets)
    readings[HARD_FAILS.id] = _hard_fails(card)
    return readings


def _sla(card: MeasureCard, name: str, budgets: Budgets, grain: Grain, is_control: bool) -> Reading:
    why, value = card.why, card.drill_seconds
    if is_control:
        return Reading("not_assessed", None, None, 0.0, _CONTROL)
    if name not in budgets.slas:
        return Reading("not_assessed", value, card.sla_seconds, 0.0, _NOT_ASKED)
    standing: Standing = "not_judged" if card.verdict == "censored" else card.verdict
    return Reading(standing, value, card.sla_seconds, grain.of_time(name), why)


def _score(card: Scorecard, budgets: Budgets, grain: Grain) -> Reading:
    if budgets.score is None or card.score is None:
        return Reading("not_assessed", card.score, None, 0.0, _NOT_ASKED)
    is_met = card.score >= budgets.score
    lost = sorted(
        (dimension for dimension in card.dimensions.values() if dimension.points is not None),
        key=lambda each: (each.points or 0.0) - each.weight,
    )
    why = f"{card.score:.1f} points, {'no' if is_met else ''} less than the {budgets.score:g} required.".replace(
        "  ", " "
    )
    if not is_met and lost:
        why += f" Most was lost here: {lost[0].why}"
    return Reading("met" if is_met else "missed", card.score, budgets.score, grain.of_score(card), why)


def _requests_failed(result: DrillResult, card: Scorecard, budgets: Budgets, grain: Grain, is_control: bool) -> Reading:
    share = round(card.requests_failed / card.requests, 4) if card.requests else None
    if budgets.requests_failed is None or is_control:
        return Reading("not_assessed", share, None, 0.0, _CONTROL if is_control else _NOT_ASKED)
    if share is None:
        return Reading("not_assessed", None, budgets.requests_failed, 0.0, "No request was made while users suffered.")
    is_met = share <= budgets.requests_failed
    allowed = percent(budgets.requests_failed)
    why = f"{percent(share)} of users' requests failed until they were served again; {allowed} may."
    resolution = grain.of_failed_share(card, result.timeline)
    return Reading("met" if is_met else "missed", share, budgets.requests_failed, resolution, why)


def _noise(card: Scorecard, budgets: Budgets) -> Reading:
    if budgets.noise is None:
        return Reading("not_assessed", card.noise, None, 0.0, _NOT_ASKED)
    names = f" ({', '.join(card.noise_alerts.alerts)})" if card.noise_alerts.alerts else ""
    why = f"{_alerts(card.noise)} fired for nothing{names}; {budgets.noise} may."
    return Reading("met" if card.noise <= budgets.noise else "missed", card.noise, budgets.noise, 0.0, why)


def _false_alarm(card: Scorecard, budgets: Budgets) -> Reading:
    limit = budgets.noise or 0
    count = max(card.noise, int(card.dimensions["detect"].grade == 0.0))
    return Reading("met" if count <= limit else "missed", count, limit, 0.0, card.dimensions["detect"].why)


def _hard_fails(card: Scorecard) -> Reading:
    fails = card.hard_fails
    why = " ".join(fail.why for fail in fails) if fails else "There is none."
    return Reading("missed" if fails else "met", len(fails), 0, 0.0, why)


def _alerts(count: int) -> str:
    return f"{count or 'no'} alert{'' if count == 1 else 's'}"


def shown(value: float | None, rule: Rule) -> str:
    """A value of the rule's unit, for people."""
    return "never" if value is None else amount(value, rule.unit)
