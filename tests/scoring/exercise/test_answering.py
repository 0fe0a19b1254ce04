"""Which events of the timeline do what a scenario expects."""

from datetime import timedelta
from typing import Any

import pytest
from exercise_told import START

from scoring.exercise.answering import find_answers
from scoring.playbook import Playbook
from scoring.tabletop import Action, Answer
from scoring.timeline import Event


def action(name: str = "it", **answers: Any) -> Action:
    return Action(id=name, text="They do.", objective="o", answers=Answer(**answers) if answers else None)


def told(*events: tuple[str, dict[str, Any]]) -> list[Event]:
    return [
        Event.model_validate({"kind": kind, "occurred_at": START + timedelta(minutes=i), "data": data, "key": f"e{i}"})
        for i, (kind, data) in enumerate(events)
    ]


ROLES = {"event": "role.assigned", "roles": ("incident-commander", "scribe")}
CALL = {"event": "incident.escalated", "to": ("engineering-manager",), "by": "phone"}
UPDATE = {"event": "update.posted", "audiences": ("responders", "customers"), "status": "investigating"}
CLOSING = {**UPDATE, "status": "resolved"}
CAUSE = {"event": "diagnosis.submitted", "component": "postgres", "failure_mode": "database/connection-exhaustion"}
REVIEW = {"event": "review.filed", "parts": ("timeline", "root_cause")}


@pytest.mark.parametrize(
    ("answers", "events", "by"),
    [
        ({"event": "incident.acknowledged"}, [("alert.firing", {}), ("incident.acknowledged", {})], "e1"),
        ({"event": "incident.declared", "severity": "SEV-1"}, [("incident.declared", {"severity": "SEV-2"})], None),
        ({"event": "incident.declared", "severity": "SEV-1"}, [("incident.reclassified", {"severity": "SEV-1"})], "e0"),
        (ROLES, [("role.assigned", {"role": "Scribe"}), ("role.assigned", {"role": "incident commander"})], "e1"),
        (ROLES, [("role.assigned", {"role": "scribe"})], None),
        (CALL, [("incident.escalated", {"to": "Engineering Manager", "by": "phone"})], "e0"),
        (CALL, [("incident.escalated", {"to": ["engineering-manager", "cto"]})], "e0"),
        (CALL, [("incident.escalated", {"to": "engineering-manager", "by": "email"})], None),
        (CALL, [("incident.escalated", {"to": "cto", "by": "phone"})], None),
        (UPDATE, [("update.posted", {"audiences": ["responders", "customers"], "status": "identified"})], "e0"),
        (UPDATE, [("update.posted", {"audiences": "responders, customers", "text": "we look"})], "e0"),
        (UPDATE, [("update.posted", {"audiences": ["responders"]})], None),
        (UPDATE, [("update.posted", {"audiences": ["responders", "customers"], "status": "resolved"})], None),
        (CLOSING, [("update.posted", {"audiences": ["responders", "customers"], "closing": True})], "e0"),
        (CAUSE, [("diagnosis.submitted", {"component": "Postgres", "failure_mode": "connection exhaustion"})], "e0"),
        (CAUSE, [("diagnosis.submitted", {"component": "api", "failure_mode": "connection-exhaustion"})], None),
        (REVIEW, [("review.filed", {"parts": {"timeline": "x", "root_cause": "y"}})], "e0"),
        (REVIEW, [("review.filed", {"parts": ["timeline"]})], None),
        ({"event": "action.taken"}, [("action.taken", {"command": "stop it"})], None),
        ({}, [("incident.acknowledged", {})], None),
    ],
)
def test_what_happened_answers_what_was_expected_if_it_says_the_same(
    answers: dict[str, Any], events: list[tuple[str, dict[str, Any]]], by: str | None, playbook: Playbook
) -> None:
    found = find_answers([action(**answers)], told(*events), playbook)
    assert {name: event.key for name, event in found.items()} == ({"it": by} if by else {})


def test_each_update_does_for_one_action_only_the_first_for_the_first(playbook: Playbook) -> None:
    posted = ("update.posted", {"audiences": ["responders", "customers"]})
    actions = [action(name, **UPDATE) for name in ("first", "second", "third")]
    found = find_answers(actions, told(posted, posted), playbook)
    assert {name: event.key for name, event in found.items()} == {"first": "e0", "second": "e1"}
