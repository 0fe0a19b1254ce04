"""Who had to be called, who was, and whether the calls were called for."""

from dataclasses import dataclass
from datetime import datetime

from scoring.finding import Finding, Part, names, together
from scoring.mitigation import Mitigation
from scoring.playbook import Escalation, Level
from scoring.sla import spell
from scoring.story import Story
from scoring.timeline import Event


@dataclass(frozen=True)
class Due:
    """One person who has to be called by `until_at`."""

    rule: Escalation
    to: str
    due_at: datetime
    until_at: datetime


def escalate(story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None) -> Finding:
    """0.8 × required escalations made in time + 0.2 × share of those made that were called for.

    Not assessed when none was due; one whose time the drill's end cut off is left out.
    """
    due = due_escalations(story, expected, mitigation, resolved)
    made = story.since_begin("incident.escalated")
    late = [d for d in due if not any(_answers(story, e, d) and e.occurred_at <= d.until_at for e in made)]
    judged = [d for d in due if d not in late or d.until_at <= story.ended_at]
    if not judged:
        extra = f"; {len(made)} made all the same" if made and not due else ""
        return Finding(None, f"no escalation was due{extra}", names(*made))
    late = [d for d in late if d in judged]
    called_for = [e for e in made if any(_answers(story, e, d) for d in due) or _is_on_request(story, e)]
    return together([Part(0.8, _in_time(judged, late, made)), Part(0.2, _share(made, called_for))])


def due_escalations(story: Story, expected: Level, mitigation: Mitigation, resolved: Event | None) -> list[Due]:
    """Every person whom the playbook's rules want called in this drill, and by when."""
    if story.onset_at is None:
        return []
    book = story.playbook
    ends = {"mitigated": mitigation.started_at, "resolved": resolved.occurred_at if resolved else None}
    due = []
    for rule in book.escalations:
        when = rule.when
        if when.level is not None and when.after is not None:
            due_at = story.later(story.onset_at, when.after)
            done_at = ends[when.until or "resolved"]
            is_grave = (book.gravity(expected.id) or 0) <= (book.gravity(when.level) or 0)
            is_due = is_grave and (done_at is None or done_at > due_at)
        else:
            due_at = story.page.occurred_at if story.page else story.onset_at
            is_due = story.truth.failure_mode.rpartition("/")[2] in when.failure_modes
        if is_due and due_at <= story.ended_at:
            due += [Due(rule, to, due_at, story.later(due_at, rule.grace.value)) for to in rule.to]
    return due


def _answers(story: Story, event: Event, due: Due) -> bool:
    return _same(event.text("to"), due.to) and _channel_fits(story, event, due.rule)


def _is_on_request(story: Story, event: Event) -> bool:
    rules = [rule for rule in story.playbook.escalations if rule.when.on_request]
    return any(_same(event.text("to"), to) and _channel_fits(story, event, rule) for rule in rules for to in rule.to)


def _channel_fits(story: Story, event: Event, rule: Escalation) -> bool:
    """False only where the call went by a channel that the playbook knows and this rule does not want."""
    by = _plain(event.text("by"))
    known = {_plain(channel) for other in story.playbook.escalations for channel in other.by}
    return by not in known or by in {_plain(channel) for channel in rule.by}


def _same(said: str, wanted: str) -> bool:
    return _plain(said) == _plain(wanted)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())


def _in_time(judged: list[Due], late: list[Due], made: list[Event]) -> Finding:
    if not late:
        return Finding(1.0, "every escalation that was due was made in time", names(*made))
    who = ", ".join(f"{d.to} (due {_condition(d)})" for d in late)
    return Finding(1 - len(late) / len(judged), f"not called in time: {who}", names(*made))


def _condition(due: Due) -> str:
    when = due.rule.when
    if when.after is None:
        return f"for {' or '.join(when.failure_modes)}"
    return f"when {when.level} was not {when.until} after {spell(when.after)}"


def _share(made: list[Event], called_for: list[Event]) -> Finding:
    if not made:
        return Finding(0.0, "nobody was called")
    needless = [event for event in made if event not in called_for]
    who = ", ".join(event.text("to") or "nobody in particular" for event in needless)
    why = f"called without need: {who}" if needless else "every call was called for"
    return Finding(len(called_for) / len(made), why, names(*(needless or made)))
