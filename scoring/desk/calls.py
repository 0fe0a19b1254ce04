"""Who has to be called by the playbook's rules, for the level in force, and who was.

The rules are those that the scorecard asks for, with what can be known at the desk: users served as the load shows it,
and the failure mode as it was diagnosed.
"""

from dataclasses import dataclass
from datetime import datetime

from scoring.desk import Call, CallState
from scoring.desk.drill_time import DrillTime
from scoring.desk.facts import Facts
from scoring.playbook import Escalation, Level, Playbook
from scoring.playbook.words import say_condition
from scoring.scorecard.finding import plain, said_alike
from scoring.scorecard.judgement import short_name
from scoring.timeline import Event

_ORDER: tuple[CallState, ...] = ("overdue", "due", "ahead", "if_so", "late", "made", "not_needed")


@dataclass(frozen=True)
class _Rule:
    """A rule as it stands: from when it is due, None where nobody can tell or where it is not."""

    rule: Escalation
    due_at: datetime | None
    is_needed: bool


def calls_due(
    facts: Facts, level: Level, playbook: Playbook, time: DrillTime, now: datetime, failure_mode: str
) -> tuple[Call, ...]:
    """Everybody whom a rule names, the most urgent first; `failure_mode` is the diagnosed one, empty before."""
    standing = [_standing(rule, facts, level, playbook, time, failure_mode) for rule in playbook.escalations]
    found = [_call(each, to, facts, playbook, time, now) for each in standing for to in each.rule.to]
    return tuple(sorted(found, key=lambda call: _ORDER.index(call.state)))


def _standing(
    rule: Escalation, facts: Facts, level: Level, playbook: Playbook, time: DrillTime, failure_mode: str
) -> _Rule:
    when, page = rule.when, facts.page
    if when.on_request or page is None:
        return _Rule(rule, None, is_needed=when.level is None or _is_grave(playbook, level, when.level))
    if when.failure_modes:
        is_such = any(said_alike(short_name(mode), short_name(failure_mode)) for mode in when.failure_modes)
        return _Rule(rule, page.occurred_at if is_such else None, is_needed=True)
    if not _is_grave(playbook, level, when.level or ""):
        return _Rule(rule, None, is_needed=False)
    if when.after is None or facts.onset_at is None:
        return _Rule(rule, page.occurred_at, is_needed=True)
    due_at = time.later(facts.onset_at, when.after)
    resolved_at = facts.resolved.occurred_at if facts.resolved and facts.is_over else None
    done_at = facts.served_again_at if when.until == "mitigated" else resolved_at
    came_in_time = done_at is not None and (due_at is None or done_at <= due_at)
    return _Rule(rule, due_at, is_needed=not came_in_time)


def _call(standing: _Rule, to: str, facts: Facts, playbook: Playbook, time: DrillTime, now: datetime) -> Call:
    rule, due_at = standing.rule, standing.due_at
    made = next((event for event in facts.calls if _answers(event, rule, to, playbook)), None)
    until_at = time.later(due_at, rule.grace.value) if due_at else None
    return Call(
        rule=rule.id,
        to=to,
        by=rule.by,
        when=say_condition(rule.when),
        state=_state(standing, made, until_at, now),
        due_at=due_at,
        until_at=until_at,
        made_at=made.occurred_at if made else None,
    )


def _state(standing: _Rule, made: Event | None, until_at: datetime | None, now: datetime) -> CallState:
    if made is not None:
        return "late" if until_at is not None and made.occurred_at > until_at else "made"
    if not standing.is_needed:
        return "not_needed"
    if standing.due_at is None:
        return "if_so" if standing.rule.when.level is None else "ahead"
    if now < standing.due_at:
        return "ahead"
    return "overdue" if until_at is not None and now > until_at else "due"


def _answers(event: Event, rule: Escalation, to: str, playbook: Playbook) -> bool:
    """Whether this was a call to that person, by a channel that the rule wants or that the playbook does not know."""
    said = event.data.get("to")
    people = [each for each in said if isinstance(each, str)] if isinstance(said, list) else [event.text("to")]
    channels = {plain(channel) for each in playbook.escalations for channel in each.by}
    by = plain(event.text("by"))
    fits = by not in channels or by in {plain(channel) for channel in rule.by}
    return fits and any(said_alike(person, to) for person in people)


def _is_grave(playbook: Playbook, level: Level, level_id: str) -> bool:
    said = playbook.gravity(level_id)
    return said is not None and (playbook.gravity(level.id) or 0) <= said
