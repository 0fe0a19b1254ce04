"""All attempts at a drill, judged together: each requirement, the drill, and whether it is worth another attempt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulator.drill.suite import Budgets
from simulator.gate.comparing import regress, regression_rules
from simulator.gate.deciding import Decision, Look, clear, decide, whole
from simulator.gate.reading import SLAS, Reading, Rule, read, rules, shown
from simulator.gate.resolution import Grain
from simulator.report.gate import GatedDrill, Outcome, Requirement, RequirementVerdict
from simulator.report.models import DrillResult

_VERDICTS: dict[Decision, RequirementVerdict] = {"passed": "met", "failed": "missed"}


@dataclass(frozen=True)
class Terms:
    """What a drill is judged by. `before` is the same drill of the baseline; `is_compared`: there is a baseline.

    `unknown_alerts` would detect it, and are in no rule file.
    """

    budgets: Budgets
    most: int
    grain: Grain
    is_control: bool = False
    is_compared: bool = False
    before: GatedDrill | None = None
    unknown_alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What follows from all attempts so far. While `is_open`, another attempt is worth it."""

    outcome: Outcome
    why: str
    requirements: tuple[Requirement, ...]
    is_open: bool


@dataclass(frozen=True)
class _Column:
    rule: Rule
    readings: tuple[Reading, ...]
    looks: tuple[Look, ...]
    most: int

    @property
    def decision(self) -> Decision:
        return decide(self.looks, self.most)


def judge(attempts: Sequence[DrillResult], terms: Terms) -> Judgement:
    """Failed if a requirement is; passed if the attempts as wholes are; see `deciding`."""
    columns = _columns(attempts, terms)
    failed = [column for column in columns if column.decision == "failed"]
    attempts_seen = [whole([column.looks[i] for column in columns]) for i in range(len(attempts))]
    decision: Decision = "failed" if failed else decide(attempts_seen, terms.most)
    if decision == "failed" and not failed:  # every attempt missed something, none of it twice
        decision = "undecided" if len(attempts) < terms.most else "inconclusive"
    outcome: Outcome = decision if decision in ("passed", "failed") else "inconclusive"
    return Judgement(
        outcome=outcome,
        why=_sentence(outcome, failed, attempts, attempts_seen),
        requirements=tuple(_requirement(column) for column in columns),
        is_open=decision == "undecided",
    )


def _columns(attempts: Sequence[DrillResult], terms: Terms) -> list[_Column]:
    read_of = [read(each, terms.budgets, terms.grain, is_control=terms.is_control) for each in attempts]
    columns = []
    for rule in rules(is_control=terms.is_control):
        readings = tuple(_with_cause(rule, each[rule.id], terms) for each in read_of)
        columns.append(_Column(rule, readings, clear(readings, is_count=rule.unit == "count"), terms.most))
    if terms.is_compared and not terms.is_control:
        for rule, of in regression_rules(terms.budgets):
            readings, looks = regress(of, attempts, terms.before, terms.grain)
            columns.append(_Column(rule, readings, looks, terms.most))
    return columns


def _with_cause(rule: Rule, reading: Reading, terms: Terms) -> Reading:
    """A detection that was missed, with the alerts that could not have fired."""
    if rule is not SLAS["ttd"] or reading.standing != "missed" or not terms.unknown_alerts:
        return reading
    named = " and ".join(f"'{name}'" for name in terms.unknown_alerts)
    is_one = len(terms.unknown_alerts) == 1
    return replace(reading, why=f"{reading.why} {named} {'is' if is_one else 'are'} in no rule file.")


def _requirement(column: _Column) -> Requirement:
    readings = column.readings
    standings = {reading.standing for reading in readings}
    verdict: RequirementVerdict = _VERDICTS.get(column.decision, "not_judged")
    if standings == {"not_assessed"}:
        verdict = "not_assessed"
    told = _telling(readings, verdict)
    return Requirement(
        id=column.rule.id,
        title=column.rule.title,
        verdict=verdict,
        unit=column.rule.unit,
        limit=next((reading.limit for reading in reversed(readings) if reading.limit is not None), None),
        seen=tuple(reading.value for reading in readings),
        why=_why(column, verdict, told),
    )


def _telling(readings: Sequence[Reading], verdict: RequirementVerdict) -> Reading:
    """The reading whose sentence speaks for all: the first that stands as the verdict, else that was missed."""
    wanted = [verdict, "missed", "not_judged"]
    return next((r for standing in wanted for r in readings if r.standing == standing), readings[0])


def _why(column: _Column, verdict: RequirementVerdict, told: Reading) -> str:
    missed = sum(reading.standing == "missed" for reading in column.readings)
    judged = missed + sum(reading.standing == "met" for reading in column.readings)
    if verdict in ("met", "missed") and judged > 1:
        values = ", ".join(shown(r.value, column.rule) for r in column.readings if r.standing in ("met", "missed"))
        return f"{told.why} Missed in {missed} of {judged} attempts: {values}."
    if verdict == "not_judged" and judged:
        return f"{told.why} Missed in {missed} of {judged} judged attempts, which does not tell it from noise."
    return told.why


def _sentence(
    outcome: Outcome, failed: Sequence[_Column], attempts: Sequence[DrillResult], looks: Sequence[Look]
) -> str:
    count = len(attempts)
    passed, missed = (sum(look.standing == standing for look in looks) for standing in ("met", "missed"))
    if outcome == "failed":
        told = _requirement(failed[0])
        more = f" And {len(failed) - 1} more." if len(failed) > 1 else ""
        return f"{told.title}: {told.why}{more}"
    if outcome == "passed":
        return "Passed." if count == 1 else f"Passed in {passed} of {count} attempts."
    unjudged = next((each for each in attempts if each.verdict != "scored"), None)
    if unjudged is not None and passed + missed < 2:
        reason = unjudged.reason or (unjudged.scorecard.why if unjudged.scorecard else "")
        return f"{count - passed - missed} of {count} attempts could not be judged: {reason}"
    return f"Passed in {passed} and failed in {missed} of {count} attempts, which does not tell it from noise."
