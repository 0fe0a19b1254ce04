"""PagerDuty's v3 webhooks: one event a delivery, of an incident that machines opened or people work on.

| event type | becomes |
|---|---|
| `incident.triggered`, `.reopened` | `alert.firing`, known by its dedup key; one that a person opens also declares |
| `incident.acknowledged` | `incident.acknowledged` |
| `incident.priority_updated` | `incident.reclassified`, if the playbook has a level of the priority's name |
| `incident.escalated`, `.delegated`, `.responder.added` | `incident.escalated`, one for each who is called |
| `incident.reassigned` | the same if the playbook names the new assignee, else `role.assigned` |
| `incident.role.assigned` | `role.assigned` |
| `incident.status_update_published`, `.annotated` | `update.posted`, to stakeholders and to responders |
| `incident.resolved` | `alert.resolved`; by a person also `incident.resolved` |

Every other type is understood and not recorded, `pagey.ping` among them. A repeat is recognised by the event's id.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from scoring.canonical import write_instant
from scoring.ingest.pagerduty_payload import (
    Assignments,
    Incident,
    Message,
    OutboundEvent,
    PagerDutyHook,
    Reference,
    Request,
)
from scoring.ingest.translation import Situation, Translation, event, keyed, read, since_begin
from scoring.ingest.words import called, heard_in, level_named, one_of, update_parts
from scoring.timeline import Data, Event

_SOURCE = "pagerduty"
_ALERTMANAGERS_TITLE = re.compile(r"\[FIRING:\d+(?:, RESOLVED:\d+)?\] (\S+)")
"""Alertmanager's title of a group; its first word is the alert's name, which sorts before all other group labels."""


def translate(hook: PagerDutyHook, situation: Situation) -> Translation:
    """The events of a delivery; what occurred before the drill began is none of them. Raises ScoringError."""
    said = hook.event
    reader = _READERS.get(said.event_type)
    if reader is None:
        return Translation(notes=(f"{said.event_type} is understood and not recorded",))
    return since_begin(_with_keys(reader(said, situation), said.id), situation)


def _with_keys(told: Translation, event_id: str) -> Translation:
    keys = [f"{_SOURCE}/{event_id}" + (f"/{n}" if n else "") for n in range(len(told.events))]
    return replace(told, events=tuple(keyed(e, key) for e, key in zip(told.events, keys, strict=True)))


@dataclass(frozen=True)
class _Told:
    """An outbound event of an incident, with what every event made of it carries."""

    said: OutboundEvent
    incident: Incident

    def event(self, kind: str, **data: Any) -> Event:
        return _event(self.said, kind, {**_about(self.said, self.incident), **data})


def _of_incident(make: Callable[[_Told, Situation], Translation]) -> "_Reader":
    def reader(said: OutboundEvent, situation: Situation) -> Translation:
        return make(_Told(said, read(Incident, said.data, "event.data")), situation)

    return reader


def _fired(told: _Told, situation: Situation) -> Translation:
    incident, person = told.incident, told.said.person
    events = [_alert(told, "alert.firing")]
    level, notes = _level(incident, situation)
    if level is not None and person is not None:
        events.append(told.event("incident.declared", severity=level, text=incident.title))
    return Translation(tuple(events), notes)


def _acknowledged(told: _Told, _: Situation) -> Translation:
    return Translation((told.event("incident.acknowledged"),))


def _classified(told: _Told, situation: Situation) -> Translation:
    level, notes = _level(told.incident, situation)
    if level is None:
        return Translation(notes=notes or ("the priority was taken away; nothing is declared",))
    return Translation((told.event("incident.reclassified", severity=level, text=told.incident.title),))


def _escalated(told: _Told, situation: Situation) -> Translation:
    incident = told.incident
    people = [each.name for each in incident.assignees if each.name]
    policy = [incident.escalation_policy.name] if incident.escalation_policy else []
    known = called([*people, *policy, *(team.name for team in incident.teams)], situation.playbook)
    return _calls(told.said, _about(told.said, incident), known or people or policy)


def _reassigned(told: _Told, situation: Situation) -> Translation:
    people = [each.name for each in told.incident.assignees if each.name]
    if called(people, situation.playbook):
        return _escalated(told, situation)
    return Translation(tuple(told.event("role.assigned", role="assignee", who=name) for name in people))


def _resolved(told: _Told, _: Situation) -> Translation:
    events = [_alert(told, "alert.resolved")]
    if told.said.person is not None:
        events.append(told.event("incident.resolved", text=told.incident.title))
    return Translation(tuple(events))


def _asked(said: OutboundEvent, situation: Situation) -> Translation:
    request = read(Request, said.data, "event.data")
    asked = [each.name for each in (request.user, request.escalation_policy) if each and each.name]
    data = {**_at(said, request.incident), "text": request.message or ""}
    return _calls(said, data, called(asked, situation.playbook) or asked[:1])


def _roles(said: OutboundEvent, situation: Situation) -> Translation:
    assignments = read(Assignments, said.data, "event.data").incident_role_assignments
    known = {role.title: role.id for role in situation.playbook.roles}
    events = []
    for given in assignments:
        if given.assignee is None or given.status == "inactive":
            continue
        title = one_of(given.role.name, [*known, *known.values()])
        role = known.get(title or "", title or given.role.name)
        about = _at(said, given.incident or Reference())
        events.append(_event(said, "role.assigned", {**about, "role": role, "who": given.assignee.name}))
    return Translation(tuple(events))


def _published(said: OutboundEvent, situation: Situation) -> Translation:
    return _message(said, situation, "stakeholders")


def _annotated(said: OutboundEvent, situation: Situation) -> Translation:
    return _message(said, situation, "responders")


def _message(said: OutboundEvent, situation: Situation, audience: str) -> Translation:
    told = read(Message, said.data, "event.data")
    text = told.message or told.content
    heard = heard_in(audience, situation.playbook)
    data = {**_at(said, told.incident), **update_parts(text), "text": text, "audiences": heard, "channel": _SOURCE}
    return Translation((_event(said, "update.posted", data),))


def _alert(told: _Told, kind: str) -> Event:
    incident, said = told.incident, told.said
    named = _ALERTMANAGERS_TITLE.match(incident.title)
    labels = {
        "alertname": named[1] if named else incident.title,
        "service": incident.service.name if incident.service else "",
        "priority": incident.priority.name if incident.priority else "",
        "urgency": incident.urgency or "",
    }
    at = "starts_at" if kind == "alert.firing" else "ends_at"
    return told.event(
        kind,
        labels={name: value for name, value in labels.items() if value},
        annotations={"summary": incident.title},
        fingerprint=(incident.incident_key or incident.id)[:200],
        **{at: write_instant(said.occurred_at)},
    )


def _level(incident: Incident, situation: Situation) -> tuple[str | None, tuple[str, ...]]:
    said = incident.priority.name if incident.priority else ""
    if not said:
        return None, ()
    level = level_named(said, situation.playbook)
    if level is not None:
        return level, ()
    book = situation.playbook
    known = ", ".join(each.id for each in book.levels)
    return None, (f"priority '{said}' is no level of playbook {book.name} ({known}); nothing is declared",)


def _calls(said: OutboundEvent, about: Data, called_are: list[str]) -> Translation:
    """`by` is what an escalation was made by; whoever made it is `from`."""
    about = {**{k: v for k, v in about.items() if k != "by"}, **({"from": about["by"]} if "by" in about else {})}
    return Translation(
        tuple(_event(said, "incident.escalated", {**about, "to": to, "by": _SOURCE}) for to in called_are),
        () if called_are else (f"{said.event_type} names nobody; nothing is recorded",),
    )


def _about(said: OutboundEvent, incident: Incident) -> Data:
    given = {
        **_at(said, Reference(id=incident.id, summary=incident.title)),
        "url": incident.html_url,
        "service": incident.service.name if incident.service else None,
        "priority": incident.priority.name if incident.priority else None,
    }
    return {name: value for name, value in given.items() if value}


def _at(said: OutboundEvent, incident: Reference) -> Data:
    by = said.agent.name if said.agent else None
    given = {"by": by, "incident": incident.id, "title": incident.summary, "reason": said.event_type}
    return {name: value for name, value in given.items() if value}


def _event(said: OutboundEvent, kind: str, data: Data) -> Event:
    return event(kind, said.occurred_at, _SOURCE, data, None)


_Reader = Callable[[OutboundEvent, Situation], Translation]
_READERS: dict[str, _Reader] = {
    "incident.triggered": _of_incident(_fired),
    "incident.reopened": _of_incident(_fired),
    "incident.acknowledged": _of_incident(_acknowledged),
    "incident.priority_updated": _of_incident(_classified),
    "incident.escalated": _of_incident(_escalated),
    "incident.delegated": _of_incident(_escalated),
    "incident.reassigned": _of_incident(_reassigned),
    "incident.resolved": _of_incident(_resolved),
    "incident.responder.added": _asked,
    "incident.role.assigned": _roles,
    "incident.status_update_published": _published,
    "incident.annotated": _annotated,
}
