"""What a playbook wants done in an incident, as actions that a tabletop expects, each when it arises. Pure.

Times are drill seconds from the page, whole minutes where the room sees them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scoring.playbook import Escalation, Level, Playbook
from scoring.playbook.figure import write_duration
from scoring.playbook.words import say_condition
from scoring.scorecard.finding import said_alike
from scoring.scorecard.judgement import short_name

MINUTE = 60.0
Action = dict[str, Any]
Inject = dict[str, Any]
_DONE_AFTER = 0.5
"""A room that is good does what it is asked at half of its time; a rehearsal reckons with that."""


@dataclass(frozen=True)
class Course:
    """When things happen: users are served again from `served_s` on, and it may be called over from `held_s` on."""

    playbook: Playbook
    level: Level
    failure_mode: str
    served_s: float
    held_s: float


def within(seconds: float) -> str:
    """A duration as a scenario file writes it, at least a minute and in whole ones."""
    return write_duration(max(MINUTE, seconds // MINUTE * MINUTE))


def at(seconds: float) -> str:
    """A time of the scenario, in whole minutes."""
    return write_duration(seconds // MINUTE * MINUTE) if seconds >= MINUTE else "0m"


def first_actions(course: Course) -> list[Action]:
    """What the page calls for: to take it, to say how grave it is, to give out the roles."""
    sla, book = course.level.sla, course.playbook
    actions: list[Action] = [
        {
            "id": "acknowledge",
            "text": "Somebody says that they have it, and everybody knows who.",
            "objective": "acknowledge",
            "within": within(sla.acknowledge.value),
            "answers": {"event": "incident.acknowledged"},
        },
        {
            "id": "declare",
            "text": f"{course.level.id} is declared by the playbook's table, with the reason.",
            "objective": "classify",
            "within": within(sla.classify.value),
            "answers": {"event": "incident.declared", "severity": course.level.id},
        },
    ]
    if book.roles:
        actions.append(
            {
                "id": "fill-the-roles",
                "text": "The roles are given out.",
                "objective": "acknowledge",
                "within": within(sla.classify.value),
                "answers": {"event": "role.assigned", "roles": [role.id for role in book.roles]},
            }
        )
    return actions


def updates(course: Course) -> Iterator[Inject]:
    """Somebody asks before each update is due, from the first one until it is over."""
    level = course.level
    if level.first_update is None:
        return
    first_s = max(MINUTE, min(4 * MINUTE, level.first_update.value * _DONE_AFTER // MINUTE * MINUTE))
    yield _asked(
        first_s,
        "they-ask",
        "Is it us or is it you?",
        "a customer",
        "Nothing works here since a few minutes. Are you looking at it? When will it be over?",
        _update(
            course, "first-update", "A first update goes out to all who have to be told.", level.first_update.value
        ),
    )
    every = level.update_every
    if every is None:
        return
    told_s, number = first_s + level.first_update.value * _DONE_AFTER, 1
    while told_s + every.value * 0.9 < course.held_s:
        asked_s = (told_s + every.value * 0.7) // MINUTE * MINUTE
        allowed_s = max(MINUTE, every.value * 0.4 // MINUTE * MINUTE)
        number += 1
        status = "monitoring" if asked_s >= course.served_s else "investigating"
        text = "The next update goes out in time, with what is new."
        yield _asked(
            asked_s,
            f"the-clock-{number}",
            "What do I tell them?",
            "the support desk",
            f"Your last word is {write_duration(max(MINUTE, (asked_s - told_s) // MINUTE * MINUTE))} old. People ask.",
            _update(course, f"update-{number}", text, allowed_s, status),
        )
        told_s = asked_s + allowed_s * _DONE_AFTER


def closing_update(course: Course) -> list[Action]:
    """What those who were told are told in the end."""
    if course.level.first_update is None:
        return []
    return [_update(course, "closing-notice", "Those who were told are told that it is over.", 10 * MINUTE, "resolved")]


def calls(course: Course) -> Iterator[Inject]:
    """Whoever a rule wants called by then, each rule when it is due; what only people can know is left out."""
    for rule in course.playbook.escalations:
        due_s = _due_s(rule, course)
        if due_s is None:
            continue
        grace_s = rule.grace.value
        asked_s = max(2 * MINUTE, min(due_s - 2 * MINUTE, due_s + grace_s * 0.2))
        until_s = due_s + grace_s
        yield _asked(
            asked_s,
            f"who-knows-{rule.id}",
            "Who else knows?",
            "a colleague",
            "I just looked in. Who outside this room knows of it by now?",
            {
                "id": f"call-{rule.id}",
                "text": f"{', '.join(rule.to)} called by {' or '.join(rule.by)} ({say_condition(rule.when)}).",
                "objective": "escalate",
                "within": within(max(2 * MINUTE, until_s - asked_s)),
                "answers": {"event": "incident.escalated", "to": list(rule.to), "by": rule.by[0]},
            },
        )


def review(course: Course) -> list[Action]:
    """What has to be handed in first, and the rest of it with what is to be done."""
    asked = course.playbook.review.asked_of(course.level.id)
    if not asked:
        return []
    first = asked[0]
    return [
        {
            "id": "review",
            "text": f"It is said who writes {first.title.rstrip('.')}, until when, and its parts are begun.",
            "objective": "close",
            "within": "10m",
            "answers": {"event": "review.filed", "parts": list(first.parts.value)},
        }
    ]


def _due_s(rule: Escalation, course: Course) -> float | None:
    """When a rule is due, as the scorecard has it; None where it is not."""
    when, book = rule.when, course.playbook
    if when.on_request:
        return None
    if when.level is None:
        modes = (short_name(mode) for mode in when.failure_modes)
        return 0.0 if any(said_alike(mode, short_name(course.failure_mode)) for mode in modes) else None
    if (book.gravity(course.level.id) or 0) > (book.gravity(when.level) or 0):
        return None
    if when.after is None:
        return 0.0
    done_s = course.served_s if when.until == "mitigated" else course.held_s
    return when.after if done_s > when.after else None


def _update(course: Course, name: str, text: str, within_s: float, status: str = "investigating") -> Action:
    level, book = course.level, course.playbook
    told = level.audiences.value if level.audiences else tuple(each.id for each in book.audiences)
    content = ", ".join(part.replace("_", " ") for part in book.update_content.value)
    return {
        "id": name,
        "text": f"{text} It says {content}." if status != "resolved" else text,
        "objective": "communicate",
        "within": within(within_s),
        "answers": {"event": "update.posted", "audiences": list(told), "status": status},
    }


def _asked(at_s: float, name: str, title: str, sender: str, text: str, action: Action) -> Inject:
    return {
        "id": name,
        "at": at(at_s),
        "title": title,
        "from": sender,
        "channel": "phone" if sender == "a customer" else "chat",
        "kind": "escalation",
        "text": text,
        "expects": [action],
    }
