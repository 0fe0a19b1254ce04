"""Parts of a scenario as a person says them."""

import math

from scoring.playbook import Playbook
from scoring.playbook.figure import write_duration
from scoring.playbook.words import percent
from scoring.tabletop import EVERYBODY, Answer, Inject, Scenario, Shown

_SHOWN = {
    "fault.injected": "the fault begins",
    "impact.started": "users feel it",
    "impact.ended": "users are served again",
    "alert.firing": "the alert fires:",
    "alert.resolved": "the alert is over:",
}
_ANSWERS = {
    "incident.acknowledged": "acknowledged",
    "incident.declared": "declared",
    "incident.reclassified": "reclassified",
    "role.assigned": "roles",
    "update.posted": "update",
    "incident.escalated": "escalated",
    "diagnosis.submitted": "diagnosis",
    "action.taken": "action",
    "incident.resolved": "resolved",
    "review.filed": "review",
}


def elapsed(drill_s: float) -> str:
    """Drill time since the start in hours and minutes: `0:05`, `1:30`; with seconds where there are any."""
    minutes, seconds = divmod(drill_s, 60)
    hours, rest = divmod(int(minutes), 60)
    return f"{hours}:{rest:02}" + (f":{seconds:02.0f}" if seconds else "")


def lasts(scenario: Scenario) -> str:
    """`1h of drill time, 30 minutes in the room`; the second half where the clock runs at another pace."""
    drill = f"{write_duration(scenario.duration)} of drill time"
    minutes = math.ceil(scenario.duration / scenario.clock / 60)
    return drill if scenario.clock == 1 else f"{drill}, {minutes} minutes in the room at {scenario.clock:g}×"


def say_shown(shown: Shown) -> str:
    """`users feel it (42 % of requests fail)`, `the alert fires: HighErrorRate`."""
    measured = [
        *([f"{percent(shown.error_share)} of requests fail"] if shown.error_share is not None else []),
        *([f"p95 {shown.p95_ms:g} ms"] if shown.p95_ms is not None else []),
        *([f"{percent(shown.users_share)} of users meet a failure"] if shown.users_share is not None else []),
    ]
    named = f" {shown.alert}" if shown.alert else ""
    return f"{_SHOWN[shown.event]}{named}" + (f" ({', '.join(measured)})" if measured else "")


def say_answer(answer: Answer) -> str:
    """`declared: SEV-1`, `escalated: engineering-manager by phone`."""
    said = [
        *filter(None, (answer.severity, answer.status, answer.failure_mode)),
        *([f"in {answer.component}"] if answer.component else []),
        *([f"to {', '.join(answer.audiences)}"] if answer.audiences else []),
        *([", ".join(answer.to or answer.roles or answer.parts)] if answer.to or answer.roles or answer.parts else []),
        *([f"by {answer.by}"] if answer.by else []),
    ]
    return f"{_ANSWERS[answer.event]}: {' '.join(said)}" if said else _ANSWERS[answer.event]


def say_receivers(inject: Inject, playbook: Playbook) -> str:
    """The titles of the roles that get it, or `everybody`."""
    titles = {EVERYBODY: EVERYBODY, **{role.id: role.title for role in playbook.roles}}
    return ", ".join(titles[name] for name in inject.to)
