"""Whether a scenario fits the playbook by which it is scored: levels, roles, whom to call, and the time left."""

from collections.abc import Iterator

from scoring.documents.agreement import Fault, Place, refer
from scoring.playbook import Playbook
from scoring.playbook.figure import write_duration
from scoring.tabletop import Answer, Scenario


def find_misfits(scenario: Scenario, playbook: Playbook) -> Iterator[Fault]:
    """Each name that the playbook does not have, and each claim that it would call untrue. Pure."""
    levels = [level.id for level in playbook.levels]
    roles = [role.id for role in playbook.roles]
    yield from refer(("truth", "severity"), "level", [scenario.truth.severity], levels)
    for i, participant in enumerate(scenario.participants):
        yield from refer(("participants", i, "role"), "role", [participant.role], roles)
    for i, inject in enumerate(scenario.injects):
        for j, action in enumerate(inject.expects):
            if action.answers:
                yield from _answer(("injects", i, "expects", j, "answers"), action.answers, playbook)
    yield from _verification(scenario, playbook)


def _answer(place: Place, answer: Answer, playbook: Playbook) -> Iterator[Fault]:
    if answer.severity is not None:
        yield from refer((*place, "severity"), "level", [answer.severity], [level.id for level in playbook.levels])
    yield from refer((*place, "roles"), "role", answer.roles, [role.id for role in playbook.roles])
    yield from refer((*place, "audiences"), "audience", answer.audiences, [a.id for a in playbook.audiences])
    yield from refer((*place, "parts"), "part of a review", answer.parts, playbook.review.parts.value)
    targets = list(dict.fromkeys(to for rule in playbook.escalations for to in rule.to))
    yield from refer((*place, "to"), "escalation to", answer.to, targets)
    if answer.by is not None:
        rules = [rule for rule in playbook.escalations if set(rule.to) & set(answer.to)]
        channels = list(dict.fromkeys(channel for rule in rules for channel in rule.by))
        if channels:
            yield from refer((*place, "by"), f"channel to {', '.join(answer.to)}", [answer.by], channels)


def _verification(scenario: Scenario, playbook: Playbook) -> Iterator[Fault]:
    """Users have to be served for the whole window before anything is resolved, and before the exercise is over."""
    served = scenario.first("impact.ended")
    if served is None:
        return
    window, held = playbook.verification.window.value, served.at + playbook.verification.window.value
    said = f"users have to be served for {write_duration(window)} first, which is until {write_duration(held)}"
    if held > scenario.duration:
        mend = "let users be served sooner, or make `duration` longer"
        yield ("duration",), f"{said}; {mend}"
    for i, inject in enumerate(scenario.injects):
        for j, action in enumerate(inject.expects):
            is_claim = action.answers is not None and action.answers.event == "incident.resolved"
            if is_claim and inject.at < held:
                yield ("injects", i, "expects", j, "answers"), f"{said}; expect the resolution of a later inject"
