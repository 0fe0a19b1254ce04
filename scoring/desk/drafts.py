"""What the forms hold before anybody typed: the update, filled in from the timeline."""

from scoring.desk import Desk
from scoring.desk.served import Served, impact_in_words
from scoring.playbook import Playbook
from scoring.playbook.figure import write_duration

Fields = dict[str, list[str]]
"""Values by the name of a field, as a form sends them."""


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
