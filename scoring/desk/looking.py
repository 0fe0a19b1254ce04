"""A look at the desk: what a drill's events come to at an instant."""

from collections.abc import Sequence
from datetime import datetime

from scoring.desk import Declared, Desk, Diagnosed, Inject, Mark, Page, Posted, RoleHeld, Said
from scoring.desk.calls import calls_due
from scoring.desk.clocks import sla_clocks
from scoring.desk.drill_time import DrillTime
from scoring.desk.facts import Facts, alerts_of, note_of, read_facts, title_of
from scoring.playbook import Playbook
from scoring.scorecard.finding import said_alike
from scoring.scorecard.updates import is_closing
from scoring.timeline import TRUTH_KINDS, Drill, Event
from scoring.timeline.arrival import in_order
from scoring.timeline.clocks import aligned

_MARKED = {
    "alert.firing": "alert",
    "incident.acknowledged": "response",
    "incident.declared": "response",
    "incident.reclassified": "response",
    "update.posted": "response",
    "incident.escalated": "response",
    "incident.resolved": "good",
    "inject.delivered": "alert",
    "clock.stopped": "quiet",
    "clock.started": "quiet",
}


def look(drill: Drill, playbook: Playbook, events: Sequence[Event], now: datetime, seq: int = 0) -> Desk:
    """The desk at `now`, from the events in any order; what would tell the truth is left aside. Pure.

    `seq` is the place of the last event in the order of arrival.
    """
    known = ordered([event for event in events if event.kind not in TRUTH_KINDS])
    time = DrillTime(drill, known)
    facts = read_facts(_calling(drill, known, time.begun_at), time, playbook.verification.window.value)
    is_known = playbook.gravity(facts.severity) is not None
    level = playbook.level(facts.severity) if is_known else playbook.levels[0]
    until = min(now, drill.ended_at) if drill.ended_at else now
    diagnosis = _diagnosis(known)
    failure_mode = diagnosis.failure_mode if diagnosis else ""
    return Desk(
        drill=drill.id,
        playbook=playbook.title,
        clock=drill.clock,
        now=now,
        started_at=drill.started_at,
        ended_at=drill.ended_at,
        elapsed_s=round(time.elapsed_s(until), 3),
        stopped=_said(time.stopped_by, "reason") if drill.ended_at is None else None,
        seq=seq,
        page=_page(facts),
        acknowledged=_said(facts.acknowledged),
        to_acknowledge=facts.to_acknowledge,
        declared=_declared(facts),
        level=level.id,
        is_level_assumed=not is_known,
        is_impacted=facts.is_impacted,
        served_again_at=facts.served_again_at,
        roles=_roles(known, playbook),
        updates=tuple(map(_posted, reversed(facts.updates))),
        calls=calls_due(facts, level, playbook, time, until, failure_mode),
        diagnosis=diagnosis,
        resolved=_said(facts.resolved),
        is_over=facts.is_over,
        reviewed=_said(facts.reviewed[-1] if facts.reviewed else None),
        alerts=alerts_of(known),
        injects=tuple(_inject(event) for event in reversed(known) if event.kind == "inject.delivered"),
        clocks=sla_clocks(facts, level, playbook, time, now, drill.ended_at),
        legs=time.legs,
        marks=_marks(known),
    )


def _calling(drill: Drill, known: Sequence[Event], begun_at: datetime | None) -> Sequence[Event]:
    """What bears on a responder: no alert from before the beginning, as one on a machine that is just starting up; and
    no inject at a table, where injects tell of everything, nor an advance, where nobody watches users."""
    return [
        event
        for event in known
        if not (drill.is_tabletop and event.kind in ("inject.delivered", "clock.advanced"))
        and not (event.kind.startswith("alert.") and (begun_at is None or event.occurred_at < begun_at))
    ]


def ordered(events: Sequence[Event]) -> list[Event]:
    """Events as they happened, each once, with wrong clocks set right."""
    return in_order(aligned(events))


def by_of(event: Event) -> str:
    """Who said or did something, as far as the event tells."""
    return event.text("by") or event.text("who") or event.text("from") or event.source


def listed_in(event: Event, *fields: str) -> tuple[str, ...]:
    """The words of the first of these fields that has any: a list of texts, or one with commas."""
    for field in fields:
        value = event.data.get(field)
        words = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else []
        found = tuple(word.strip() for word in words if isinstance(word, str) and word.strip())
        if found:
            return found
    return ()


def _said(event: Event | None, field: str = "text") -> Said | None:
    return Said(at=event.occurred_at, by=by_of(event), text=event.text(field)) if event else None


def _page(facts: Facts) -> Page | None:
    event = facts.page
    if event is None:
        return None
    text = note_of(event, "summary") or event.text("text")
    return Page(at=event.occurred_at, title=title_of(event), text=text, runbook=note_of(event, "runbook_url"))


def _declared(facts: Facts) -> Declared | None:
    if not facts.declarations:
        return None
    event = facts.declarations[-1]
    return Declared(at=event.occurred_at, by=by_of(event), text=event.text("text"), severity=event.text("severity"))


def _diagnosis(events: Sequence[Event]) -> Diagnosed | None:
    for event in reversed(events):
        if event.kind == "diagnosis.submitted":
            return Diagnosed(
                at=event.occurred_at,
                by=by_of(event),
                text=event.text("text"),
                component=event.text("component"),
                failure_mode=event.text("failure_mode"),
            )
    return None


def _roles(events: Sequence[Event], playbook: Playbook) -> tuple[RoleHeld, ...]:
    assigned = [event for event in events if event.kind == "role.assigned"]
    holders = {role.id: "" for role in playbook.roles}
    for event in assigned:
        said = event.text("role")
        meant = next((r.id for r in playbook.roles if said_alike(said, r.id) or said_alike(said, r.title)), None)
        if meant is not None:
            holders[meant] = event.text("who") or event.text("to") or by_of(event)
    return tuple(RoleHeld(id=r.id, title=r.title, does=r.does, who=holders[r.id]) for r in playbook.roles)


def _posted(event: Event) -> Posted:
    return Posted(
        at=event.occurred_at,
        by=by_of(event),
        text=event.text("text"),
        status=event.text("status"),
        impact=event.text("impact"),
        next_step=event.text("next_step"),
        next_update_at=event.text("next_update_at"),
        audiences=listed_in(event, "audiences", "audience"),
        channels=listed_in(event, "channels", "channel"),
        is_closing=is_closing(event),
    )


def _inject(event: Event) -> Inject:
    return Inject(
        at=event.occurred_at,
        title=event.text("title"),
        sender=event.text("from"),
        to=listed_in(event, "to"),
        channel=event.text("channel"),
        text=event.text("text"),
    )


def _marks(events: Sequence[Event]) -> tuple[Mark, ...]:
    found = []
    for event in events:
        tone = _MARKED.get(event.kind)
        if tone is not None:
            found.append(Mark(at=event.occurred_at, text=_short(event), tone=tone))
    return tuple(found)


def _short(event: Event) -> str:
    match event.kind:
        case "alert.firing":
            return event.alert_name or "alert"
        case "incident.declared" | "incident.reclassified":
            return event.text("severity")
        case "inject.delivered":
            return event.text("title") or event.text("from") or "inject"
        case "incident.escalated":
            return f"call to {', '.join(listed_in(event, 'to'))}"
        case "clock.stopped" | "clock.started":
            return "clock stops" if event.kind == "clock.stopped" else "clock goes on"
        case _:
            return event.kind.partition(".")[2]
