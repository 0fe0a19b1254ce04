"""What happened that is what was expected: events of the timeline held against expected actions."""

from collections.abc import Iterable, Sequence

from scoring.desk.looking import listed_in
from scoring.playbook import Playbook
from scoring.scorecard.finding import plain, said_alike
from scoring.scorecard.judgement import short_name
from scoring.scorecard.updates import is_closing
from scoring.tabletop import Action, Answer
from scoring.timeline import Event

_DECLARING = frozenset({"incident.declared", "incident.reclassified"})
_CLOSED = "resolved"


def find_answers(actions: Iterable[Action], events: Sequence[Event], playbook: Playbook) -> dict[str, Event]:
    """For each action, by its id, the event that does it; of several, the last that it takes.

    `events` are in order and nobody's yet. Actions come in the order of the scenario, and each takes the first events
    that fit, which then do no other.
    """
    found: dict[str, Event] = {}
    free = list(events)
    for action in actions:
        taken = _answering(action.answers, free, playbook) if action.answers is not None else []
        if taken:
            found[action.id] = taken[-1]
            free = [event for event in free if event not in taken]
    return found


def _answering(answer: Answer, events: Sequence[Event], playbook: Playbook) -> list[Event]:
    """The first events that together are this answer; empty where something is missing."""
    if answer.event == "role.assigned":
        return _roles(answer, events, playbook)
    if answer.event == "incident.escalated":
        return _calls(answer, events)
    return next(([event] for event in events if _is_answer(answer, event, playbook)), [])


def _roles(answer: Answer, events: Sequence[Event], playbook: Playbook) -> list[Event]:
    titles = {role.id: role.title for role in playbook.roles}
    found = [
        next((e for e in events if e.kind == "role.assigned" and _is_role(e.text("role"), role, titles)), None)
        for role in answer.roles
    ]
    return _all_of(found)


def _calls(answer: Answer, events: Sequence[Event]) -> list[Event]:
    calls = [event for event in events if event.kind == "incident.escalated" and _is_by(answer, event)]
    return _all_of([next((e for e in calls if _is_to(e, person)), None) for person in answer.to])


def _all_of(found: Sequence[Event | None]) -> list[Event]:
    """Each once and in order, if none is missing."""
    there = [event for event in found if event is not None]
    if len(there) < len(found):
        return []
    once = list({event.name: event for event in there}.values())
    return sorted(once, key=lambda event: event.occurred_at)


def _is_answer(answer: Answer, event: Event, playbook: Playbook) -> bool:
    match answer.event:
        case "incident.declared" | "incident.reclassified":
            return event.kind in _DECLARING and event.text("severity") == answer.severity
        case "update.posted":
            return event.kind == answer.event and _is_update(answer, event, playbook)
        case "diagnosis.submitted":
            return event.kind == answer.event and _is_diagnosis(answer, event)
        case "review.filed":
            return event.kind == answer.event and _has_parts(answer, event)
        case "action.taken":
            return False  # what was done is for people to judge
        case _:
            return event.kind == answer.event


def _is_update(answer: Answer, event: Event, playbook: Playbook) -> bool:
    """Whether it tells everybody who has to be, by name or where they listen, and says where it stands."""
    listens = {plain(audience.id): plain(audience.channel) for audience in playbook.audiences}
    told = {plain(word) for field in ("audiences", "channels") for word in listed_in(event, field, field[:-1])}
    wanted = (plain(name) for name in answer.audiences)
    if not all(name in told or listens.get(name, name) in told for name in wanted):
        return False
    if answer.status == _CLOSED:
        return is_closing(event)
    return not is_closing(event)


def _is_diagnosis(answer: Answer, event: Event) -> bool:
    said_mode, mode = short_name(event.text("failure_mode")), short_name(answer.failure_mode or "")
    return said_alike(event.text("component"), answer.component or "") and said_alike(said_mode, mode)


def _has_parts(answer: Answer, event: Event) -> bool:
    parts = event.data.get("parts")
    said = {plain(name) for name in parts if isinstance(name, str)} if isinstance(parts, dict | list) else set()
    return all(plain(part) in said for part in answer.parts)


def _is_role(said: str, role: str, titles: dict[str, str]) -> bool:
    return said_alike(said, role) or said_alike(said, titles.get(role, role))


def _is_to(event: Event, person: str) -> bool:
    return any(said_alike(each, person) for each in listed_in(event, "to"))


def _is_by(answer: Answer, event: Event) -> bool:
    """Whether it went by the channel that is wanted, or by none that was told."""
    by = event.text("by")
    return answer.by is None or not by or said_alike(by, answer.by)
