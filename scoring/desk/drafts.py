"""What the forms hold before anybody typed: the update and the review, filled in from the timeline."""

from collections.abc import Callable, Sequence
from datetime import datetime

from scoring.desk import Desk
from scoring.desk.sentences import tell
from scoring.desk.served import Served, impact_in_words
from scoring.playbook import Playbook
from scoring.playbook.figure import write_duration
from scoring.scorecard.sla import spell
from scoring.timeline import Event

DrillSeconds = Callable[[datetime, datetime], float]
"""Drill seconds between two instants."""
Fields = dict[str, list[str]]
"""Values by the name of a field, as a form sends them."""

_MOST_LINES = 200
_NOT_FOR_REVIEW = frozenset({"oracle.checked", "observation.noted", "inject.answered", "drill.started", "drill.ended"})


def draft_update(desk: Desk, playbook: Playbook, served: Served | None) -> Fields:
    """An update in the playbook's parts, for the audiences of the level in force."""
    status = _status(desk)
    level = playbook.level(desk.level)
    told = level.audiences.value if level.audiences else tuple(each.id for each in playbook.audiences[:1])
    every = level.update_every
    return {
        "status": [status],
        "impact": [_impact(desk, playbook, served, status)],
        "next_step": [_next_step(desk, playbook, status)],
        "next_update_at": [write_duration(every.value)] if every is not None and status != "resolved" else [""],
        "audiences": list(told),
    }


def draft_review(desk: Desk, playbook: Playbook, events: Sequence[Event], drill_s: DrillSeconds) -> Fields:
    """A review in the playbook's parts; `events` are in order. What only people know is left blank."""
    drafts: dict[str, Callable[[], str]] = {
        "timeline": lambda: _timeline(events),
        "detection": lambda: _detection(desk),
        "response": lambda: _response(desk, drill_s),
        "root_cause": lambda: _cause(desk),
    }
    return {
        f"part.{part}": [drafts[part]() if part in drafts else ""]
        for part in playbook.review.parts.value
        if part != "action_items"
    }


def _status(desk: Desk) -> str:
    if desk.is_over:
        return "resolved"
    if desk.served_again_at is not None and not desk.is_impacted:
        return "monitoring"
    return "identified" if desk.diagnosis is not None else "investigating"


def _impact(desk: Desk, playbook: Playbook, served: Served | None, status: str) -> str:
    if status in ("monitoring", "resolved"):
        since = f" since {desk.served_again_at:%H:%M} UTC" if desk.served_again_at else ""
        return f"Users are served again{since}."
    return impact_in_words(served, playbook.verification)


def _next_step(desk: Desk, playbook: Playbook, status: str) -> str:
    match status:
        case "resolved":
            return "Review it."
        case "monitoring":
            return f"Watch that it holds for {write_duration(playbook.verification.window.value)}."
        case "identified":
            component = desk.diagnosis.component if desk.diagnosis else ""
            return f"Mend {component}." if component else "Mend it."
        case _:
            runbook = desk.page.runbook if desk.page else ""
            return f"Follow the runbook of {desk.page.title}." if desk.page and runbook else "Find the cause."


def _timeline(events: Sequence[Event]) -> str:
    told = [event for event in events if event.kind not in _NOT_FOR_REVIEW]
    lines = [f"{event.occurred_at:%H:%M:%S} {tell(event).text}" for event in told]
    if len(lines) > _MOST_LINES:
        left_out = len(lines) - _MOST_LINES
        lines = [*lines[: _MOST_LINES // 2], f"({left_out} more)", *lines[-_MOST_LINES // 2 :]]
    return "\n".join(lines)


def _detection(desk: Desk) -> str:
    if desk.page is None:
        return ""
    said = f"{desk.page.title} at {desk.page.at:%H:%M:%S} UTC"
    summary = f": {desk.page.text.rstrip('.')}" if desk.page.text else ""
    return f"{said}{summary}."


def _response(desk: Desk, drill_s: DrillSeconds) -> str:
    if desk.page is None:
        return ""
    steps = [
        (f"Acknowledged by {desk.acknowledged.by or 'somebody'}", desk.acknowledged.at) if desk.acknowledged else None,
        (f"{desk.declared.severity} was declared", desk.declared.at) if desk.declared else None,
        ("Users were served again", desk.served_again_at) if desk.served_again_at else None,
        ("Resolved", desk.resolved.at) if desk.resolved else None,
    ]
    paged_at = desk.page.at
    return "\n".join(f"{what} {spell(drill_s(paged_at, at))} after the page." for what, at in filter(None, steps))


def _cause(desk: Desk) -> str:
    said = desk.diagnosis
    if said is None:
        return ""
    parts = [part for part in (said.component, said.failure_mode) if part]
    return f"{': '.join(parts)}. {said.text}".strip()
