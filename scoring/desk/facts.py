"""What happened, read from the events that a responder may see: who was paged, who said what, what still fires."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.desk import Fired
from scoring.desk.drill_time import DrillTime
from scoring.scorecard.finding import plain
from scoring.scorecard.updates import MENDED, is_closing
from scoring.timeline import Event

PAGING_KINDS = frozenset({"alert.firing", "inject.delivered", "incident.declared"})
_OPENING_KINDS = frozenset({"alert.firing", "impact.started"})
_DECLARING_KINDS = frozenset({"incident.declared", "incident.reclassified"})


@dataclass(frozen=True)
class Facts:
    """What is known of an incident. Instants that never came are None.

    `onset_at` is when users began to suffer, else the page. `served_again_at` is when they last stopped suffering, if
    they did: as the load shows it, else as an update or the resolution said it. `quiet_from_at` is from when on nobody
    waits for an update. `holds_from_at` is from when on users are served and none of the incident's alerts fires.
    """

    page: Event | None
    onset_at: datetime | None
    acknowledged: Event | None
    to_acknowledge: tuple[str, ...]
    declarations: tuple[Event, ...]
    updates: tuple[Event, ...]
    calls: tuple[Event, ...]
    is_impacted: bool
    served_again_at: datetime | None
    holds_from_at: datetime | None
    quiet_from_at: datetime | None
    resolved: Event | None
    is_over: bool
    reviewed: tuple[Event, ...]

    @property
    def severity(self) -> str:
        """What was last declared; empty before."""
        return self.declarations[-1].text("severity") if self.declarations else ""


def read_facts(events: Sequence[Event], time: DrillTime, silence_s: float) -> Facts:
    """The facts of events that are in order.

    An incident that nobody declared is over when nothing fires and users are served for `silence_s` drill seconds; what
    calls then is another page.
    """
    page = _page(events, time, silence_s)
    since = [e for e in events if page is not None and e.occurred_at >= page.occurred_at]
    impact = [e for e in events if e.kind in ("impact.started", "impact.ended")]
    is_impacted = bool(impact) and impact[-1].kind == "impact.started"
    resolved = _last(since, "incident.resolved")
    is_over = resolved is not None and not any(
        e.kind in _OPENING_KINDS and e.occurred_at > resolved.occurred_at for e in since
    )
    updates = tuple(e for e in since if e.kind == "update.posted")
    closings = [e.occurred_at for e in updates if is_closing(e)]
    ends = [*closings[:1], *([resolved.occurred_at] if resolved and is_over else [])]
    acknowledged = _first(since, "incident.acknowledged")
    declared = _first(since, "incident.declared")
    served_again_at = _served_again(page, impact, updates, resolved)
    return Facts(
        page=page,
        onset_at=_onset(page, impact),
        acknowledged=acknowledged,
        to_acknowledge=_unacknowledged(since),
        declarations=tuple(
            e for e in since if declared and e.kind in _DECLARING_KINDS and e.occurred_at >= declared.occurred_at
        ),
        updates=updates,
        calls=tuple(e for e in since if e.kind == "incident.escalated"),
        is_impacted=is_impacted,
        served_again_at=served_again_at,
        holds_from_at=_holds_from(since, served_again_at) if impact else served_again_at,
        quiet_from_at=min(ends, default=None),
        resolved=resolved,
        is_over=is_over,
        reviewed=tuple(e for e in since if e.kind == "review.filed"),
    )


def alerts_of(events: Sequence[Event]) -> tuple[Fired, ...]:
    """Each alert as it fired last, those that still fire first, then the newest."""
    fired: dict[str, Event] = {}
    until: dict[str, datetime] = {}
    for event in events:
        if event.kind == "alert.firing":
            fired[identity_of(event)] = event
            until.pop(identity_of(event), None)
        elif event.kind == "alert.resolved":
            fired.setdefault(identity_of(event), event)
            until[identity_of(event)] = event.occurred_at
    found = [_fired(event, until.get(which)) for which, event in fired.items()]
    return tuple(sorted(found, key=lambda each: (each.until_at is not None, -each.since_at.timestamp())))


def identity_of(event: Event) -> str:
    """What an alert is known by: its fingerprint, else its name."""
    return event.text("fingerprint") or event.alert_name


def note_of(event: Event, name: str) -> str:
    """An annotation of an alert; empty where there is none."""
    notes = event.data.get("annotations")
    value = notes.get(name) if isinstance(notes, dict) else None
    return value if isinstance(value, str) else ""


def title_of(event: Event) -> str:
    """What a paging event is called."""
    if event.kind == "alert.firing":
        return event.alert_name or "an alert without a name"
    if event.kind == "inject.delivered":
        return event.text("title") or f"a message from {event.text('from') or 'somebody'}"
    return f"{event.text('severity')}, declared without a page"


def _page(events: Sequence[Event], time: DrillTime, silence_s: float) -> Event | None:
    """What called first in the incident that is the latest."""
    page: Event | None = None
    firing: set[str] = set()
    is_declared = is_impacted = False
    quiet_since: datetime | None = None
    for event in events:
        is_quiet = not firing and not is_impacted and not is_declared
        if event.kind in PAGING_KINDS:
            is_new = page is None or (
                is_quiet and quiet_since is not None and time.drill_s(quiet_since, event.occurred_at) > silence_s
            )
            if is_new:
                page = event
            is_declared = is_declared or event.kind == "incident.declared"
            quiet_since = event.occurred_at
        if event.kind == "alert.firing":
            firing.add(identity_of(event))
        elif event.kind == "alert.resolved":
            firing.discard(identity_of(event))
            quiet_since = event.occurred_at
        elif event.kind in ("impact.started", "impact.ended"):
            is_impacted = event.kind == "impact.started"
            quiet_since = event.occurred_at
    return page


def _onset(page: Event | None, impact: Sequence[Event]) -> datetime | None:
    """When the suffering began that was there at the page or came after it, else the page."""
    if page is None:
        return None
    before = [e for e in impact if e.occurred_at <= page.occurred_at]
    after = [e for e in impact if e.occurred_at > page.occurred_at and e.kind == "impact.started"]
    if before and before[-1].kind == "impact.started":
        return before[-1].occurred_at
    return after[0].occurred_at if after else page.occurred_at


def _served_again(
    page: Event | None, impact: Sequence[Event], updates: Sequence[Event], resolved: Event | None
) -> datetime | None:
    since = [e for e in impact if page is not None and e.occurred_at >= page.occurred_at]
    if since:
        return since[-1].occurred_at if since[-1].kind == "impact.ended" else None
    if impact and impact[-1].kind == "impact.started":
        return None
    said = [e.occurred_at for e in updates if is_closing(e) or plain(e.text("status")) in MENDED]
    return min([*said[:1], *([resolved.occurred_at] if resolved else [])], default=None)


def _holds_from(since: Sequence[Event], served_again_at: datetime | None) -> datetime | None:
    """When the last came of users being served and alerts being over; None while one is missing.

    Nobody watched what an advance of the clock passed over: it begins anew.
    """
    firing: set[str] = set()
    quiet_at = served_again_at
    for event in since:
        if event.kind == "alert.firing":
            firing.add(identity_of(event))
        elif event.kind == "alert.resolved" and identity_of(event) in firing:
            firing.discard(identity_of(event))
            quiet_at = max(quiet_at, event.occurred_at) if quiet_at else None
        elif event.kind == "clock.advanced" and quiet_at is not None:
            quiet_at = max(quiet_at, event.occurred_at)
    return None if firing else quiet_at


def _unacknowledged(since: Sequence[Event]) -> tuple[str, ...]:
    """The page, until it is acknowledged, and alerts that fire and began after the last acknowledgement."""
    waiting = {identity_of(event) or event.name: title_of(event) for event in since[:1]}
    paged_by = next(iter(waiting), "")
    for event in since:
        if event.kind == "incident.acknowledged":
            waiting.clear()
            paged_by = ""
        elif event.kind == "alert.firing":
            waiting[identity_of(event)] = title_of(event)
        elif event.kind == "alert.resolved" and identity_of(event) != paged_by:
            waiting.pop(identity_of(event), None)
    return tuple(dict.fromkeys(waiting.values()))


def _fired(event: Event, until_at: datetime | None) -> Fired:
    labels = event.data.get("labels")
    severity = labels.get("severity") if isinstance(labels, dict) else None
    return Fired(
        name=event.alert_name or "an alert without a name",
        severity=severity if isinstance(severity, str) else "",
        summary=note_of(event, "summary"),
        description=note_of(event, "description"),
        runbook=note_of(event, "runbook_url"),
        since_at=event.occurred_at,
        until_at=until_at,
    )


def _first(events: Sequence[Event], kind: str) -> Event | None:
    return next((event for event in events if event.kind == kind), None)


def _last(events: Sequence[Event], kind: str) -> Event | None:
    return next((event for event in reversed(events) if event.kind == kind), None)
