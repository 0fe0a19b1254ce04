"""PagerDuty's webhooks, as its developer documentation shows them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from scoring.errors import ScoringError
from scoring.ingest.pagerduty import translate
from scoring.ingest.pagerduty_payload import PagerDutyHook
from scoring.ingest.translation import Situation, Translation
from scoring.playbook.file import load_playbook

PAYLOADS = Path(__file__).parent / "payloads"
BOOK = load_playbook("llm-research-lab")
AT = datetime(2020, 10, 2, 18, 45, 22, 169000, tzinfo=UTC)
MACHINE = {"id": "PG8UW3O", "type": "inbound_integration_reference", "summary": "Prometheus"}


def delivery(name: str = "incident", *, data: dict[str, Any] | None = None, **event: Any) -> PagerDutyHook:
    """A documented delivery with fields of its event, and of the event's data, changed."""
    said = orjson.loads((PAYLOADS / f"pagerduty-{name}.json").read_bytes())["event"]
    return PagerDutyHook.model_validate({"event": {**said, **event, "data": {**said["data"], **(data or {})}}})


def told(hook: PagerDutyHook, began_at: datetime = AT - timedelta(minutes=5)) -> Translation:
    return translate(hook, Situation(BOOK, began_at, AT + timedelta(seconds=3)))


def priority(name: str) -> dict[str, Any]:
    return {"priority": {"id": "PSO75BM", "summary": name, "type": "priority_reference"}}


@pytest.mark.parametrize("said", ["SEV-2", "sev 2", "Sev2"])
def test_a_priority_of_a_levels_name_classifies(said: str) -> None:
    [event] = told(delivery(data=priority(said))).events
    assert (event.kind, event.text("severity"), event.text("by")) == (
        "incident.reclassified",
        "SEV-2",
        "Tenex Engineer",
    )
    assert (event.occurred_at, event.source) == (AT, "pagerduty")
    assert (event.text("service"), event.text("title")) == ("API Service", "A little bump in the road")


def test_a_priority_of_no_level_is_told_and_not_declared() -> None:
    answer = told(delivery())
    assert answer.events == ()
    assert answer.notes == (
        "priority 'P1' is no level of playbook llm-research-lab (SEV-1, SEV-2, SEV-3, SEV-4); nothing is declared",
    )
    [alert] = told(delivery(event_type="incident.triggered")).events
    assert (alert.kind, alert.data["priority"]) == ("alert.firing", "P1")


def test_a_priority_that_is_taken_away_declares_nothing() -> None:
    answer = told(delivery(data={"priority": None}))
    assert (answer.events, answer.notes) == ((), ("the priority was taken away; nothing is declared",))


def test_a_triggered_incident_is_an_alert_known_by_its_dedup_key() -> None:
    [alert] = told(delivery(event_type="incident.triggered", agent=MACHINE, data=priority("SEV-1"))).events
    assert alert.kind == "alert.firing"
    assert alert.data["fingerprint"] == "d3640fbd41094207a1c11e58e46b1662"
    assert alert.alert_name == "A little bump in the road"
    assert alert.data["labels"]["service"] == "API Service"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("[FIRING:1] HighErrorRate api (prod critical)", "HighErrorRate"),
        ("[FIRING:2, RESOLVED:1] HighErrorRate ", "HighErrorRate"),
        ("[P1] High error rate", "[P1] High error rate"),
    ],
)
def test_the_title_that_alertmanager_writes_gives_the_alerts_name(title: str, name: str) -> None:
    [alert] = told(delivery(event_type="incident.triggered", agent=MACHINE, data={"title": title})).events
    assert alert.alert_name == name


def test_a_person_who_opens_an_incident_with_a_priority_declares_it_and_a_machine_does_not() -> None:
    by_person = told(delivery(event_type="incident.triggered", data=priority("SEV-1"))).events
    assert [event.kind for event in by_person] == ["alert.firing", "incident.declared"]
    assert len({event.key for event in by_person}) == 2


def test_an_acknowledgement_is_by_whoever_gave_it() -> None:
    [event] = told(delivery(event_type="incident.acknowledged")).events
    assert (event.kind, event.text("by")) == ("incident.acknowledged", "Tenex Engineer")
    assert event.key == "pagerduty/5ac64822-4adc-4fda-ade0-410becf0de4f"


def test_a_person_resolves_the_incident_and_a_machine_only_its_alert() -> None:
    by_person = told(delivery(event_type="incident.resolved")).events
    by_machine = told(delivery(event_type="incident.resolved", agent=MACHINE)).events
    by_nobody = told(delivery(event_type="incident.resolved", agent=None)).events
    assert [event.kind for event in by_person] == ["alert.resolved", "incident.resolved"]
    assert [event.kind for event in by_machine] == [event.kind for event in by_nobody] == ["alert.resolved"]


def test_an_escalation_is_to_whom_the_playbook_names_else_to_the_assignee() -> None:
    known = {"assignees": [{"id": "P1", "summary": "Engineering Manager", "type": "user_reference"}]}
    [event] = told(delivery(event_type="incident.escalated", data=known)).events
    assert (event.kind, event.text("to"), event.text("by")) == (
        "incident.escalated",
        "engineering-manager",
        "pagerduty",
    )
    assert event.text("from") == "Tenex Engineer"
    [event] = told(delivery(event_type="incident.escalated")).events
    assert event.text("to") == "User 123"
    [event] = told(delivery(event_type="incident.delegated", data={"assignees": []})).events
    assert event.text("to") == "Default"


def test_a_reassignment_is_a_role_unless_the_playbook_would_call_the_new_assignee() -> None:
    [event] = told(delivery(event_type="incident.reassigned")).events
    assert (event.kind, event.text("role"), event.text("who")) == ("role.assigned", "assignee", "User 123")
    known = {"assignees": [{"id": "P1", "summary": "VP Engineering", "type": "user_reference"}]}
    [event] = told(delivery(event_type="incident.reassigned", data=known)).events
    assert (event.kind, event.text("to")) == ("incident.escalated", "vp-engineering")


def test_a_responder_who_is_added_was_called() -> None:
    [event] = told(delivery("responder")).events
    assert (event.kind, event.text("to")) == ("incident.escalated", "Maeve")
    assert event.text("text") == "Please help me make the tests pass"


def test_roles_are_the_playbooks_where_it_has_them() -> None:
    [event] = told(delivery("role")).events
    assert (event.text("role"), event.text("who")) == ("Role Display Name", "User 1810194")
    given = orjson.loads((PAYLOADS / "pagerduty-role.json").read_bytes())["event"]["data"]["incident_role_assignments"][
        0
    ]
    renamed = {**given, "role": {**given["role"], "summary": "Incident Commander"}}
    gone = {**given, "assignee": None, "status": "inactive"}
    [event] = told(delivery("role", data={"incident_role_assignments": [renamed, gone]})).events
    assert event.text("role") == "incident-commander"


def test_a_status_update_is_an_update_to_stakeholders_and_a_note_one_to_responders() -> None:
    [update] = told(delivery("status-update")).events
    assert (update.kind, update.data["audiences"]) == ("update.posted", ["stakeholders"])
    assert update.text("text") == "A fix for this incident is being developed"
    [note] = told(delivery("note", data={"content": "Status: degraded; Next: fail over"})).events
    assert (note.data["audiences"], note.text("status"), note.text("next_step")) == (
        ["responders"],
        "degraded",
        "fail over",
    )


@pytest.mark.parametrize("name", ["ping", "service"])
def test_other_types_are_understood_and_not_recorded(name: str) -> None:
    answer = told(delivery(name))
    assert answer.events == ()
    assert "understood and not recorded" in answer.notes[0]


def test_a_delivery_of_something_before_the_drill_is_not_recorded() -> None:
    answer = told(delivery(event_type="incident.acknowledged"), began_at=AT + timedelta(seconds=1))
    assert answer.events == ()
    assert "before the drill began" in answer.notes[0]


def test_a_retry_makes_the_same_event() -> None:
    assert told(delivery("note")).events == told(delivery("note")).events


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"id": ""}, "event.data.id"),
        ({"assignees": "me"}, "event.data.assignees"),
        ({"title": None}, "event.data.title"),
    ],
)
def test_a_part_that_is_not_as_documented_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(ScoringError, match=field):
        told(delivery(event_type="incident.acknowledged", data=data))
