"""What the responder's forms mean, and how they are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from desk_told import Told, alert, filled

from scoring.desk.forms import MOST_CHARACTERS, Form, Refused
from scoring.desk.responding import respond

Tell = Callable[..., Any]
PAGED = (5, "alert.firing", alert())
ACKNOWLEDGED = (6, "incident.acknowledged", {"who": "Bob"})
DECLARED = (7, "incident.declared", {"severity": "SEV-2", "by": "Bob"})
UPDATE = {"status": "investigating", "impact": "A tenth of requests fails.", "audiences": ["responders", "customers"]}


def refused(told: Told, name: str, minute: float = 10, **fields: Any) -> dict[str, str]:
    with pytest.raises(Refused) as error:
        respond(name, filled(**fields), told.seat(minute))
    assert all(sentence.rstrip().endswith((".", "?")) for sentence in error.value.faults.values()), error.value.faults
    return error.value.faults


def made(told: Told, name: str, minute: float = 10, **fields: Any) -> tuple[str, dict[str, Any]]:
    event = respond(name, filled(**fields), told.seat(minute))
    return event.kind, event.data


def test_the_page_is_acknowledged_once(tell: Tell) -> None:
    assert made(tell(PAGED), "acknowledge", who="Ada") == (
        "incident.acknowledged",
        {"who": "Ada", "alert": "HighErrorRate"},
    )
    faults = refused(tell(PAGED, ACKNOWLEDGED), "acknowledge", who="Ada")
    assert faults[""] == "Bob acknowledged it at 10:06:00 UTC; once is enough."
    assert "Nobody was paged" in refused(tell(), "acknowledge", who="Ada")[""]
    assert "your name" in refused(tell(PAGED), "acknowledge", who="  ")["who"]


def test_a_new_alert_can_be_acknowledged_after_the_first(tell: Tell) -> None:
    told = tell(PAGED, ACKNOWLEDGED, (8, "alert.firing", alert("Other")))
    assert made(told, "acknowledge", who="Ada")[1]["alert"] == "Other"


def test_the_first_severity_declares_and_a_later_one_reclassifies(tell: Tell) -> None:
    assert made(tell(PAGED), "declare", severity="SEV-2", text="errors", **{"as": "declare"}) == (
        "incident.declared",
        {"severity": "SEV-2", "text": "errors", "by": "Ada"},
    )
    assert (
        made(tell(PAGED, DECLARED), "declare", severity="SEV-1", **{"as": "reclassify"})[0] == "incident.reclassified"
    )


def test_a_severity_is_one_of_the_playbooks_and_another_one_than_now(tell: Tell) -> None:
    assert "SEV-1, SEV-2, SEV-3, SEV-4" in refused(tell(PAGED), "declare")["severity"]
    assert "no severity 'P0'" in refused(tell(PAGED), "declare", severity="P0")["severity"]
    assert "did you mean 'SEV-2'?" in refused(tell(PAGED), "declare", severity="SEV2")["severity"]
    assert "SEV-2 already" in refused(tell(PAGED, DECLARED), "declare", severity="SEV-2")["severity"]


def test_who_declares_while_another_did_is_told_so(tell: Tell) -> None:
    said = refused(tell(PAGED, DECLARED), "declare", severity="SEV-1", **{"as": "declare"})["severity"]
    assert said.startswith("Bob declared SEV-2 at 10:07:00 UTC meanwhile.")


def test_a_role_is_one_of_the_playbooks(tell: Tell) -> None:
    assert made(tell(PAGED), "assign", role="scribe", holder="Cy") == (
        "role.assigned",
        {"role": "scribe", "who": "Cy", "by": "Ada"},
    )
    assert "no role 'janitor'" in refused(tell(PAGED), "assign", role="janitor", holder="Cy")["role"]
    assert set(refused(tell(PAGED), "assign")) == {"role", "holder"}
    held = tell(PAGED, (8, "role.assigned", {"role": "scribe", "who": "Cy"}))
    assert "Cy is Scribe already." in refused(held, "assign", role="scribe", holder="Cy")["holder"]


def test_an_update_says_what_it_has_to_and_to_whom(tell: Tell) -> None:
    kind, data = made(tell(PAGED, DECLARED), "update", next_step="Fail over.", next_update_at="30m", **UPDATE)
    assert kind == "update.posted"
    assert data == {
        "status": "investigating",
        "impact": "A tenth of requests fails.",
        "next_step": "Fail over.",
        "next_update_at": "2026-01-05T10:40:00.000000Z",
        "text": "SEV-2 investigating: A tenth of requests fails. Next: Fail over.",
        "audiences": ["responders", "customers"],
        "channel": "incident-channel, status-page",
        "closing": False,
        "by": "Ada",
    }


def test_what_users_meet_ends_before_the_next_step_begins(tell: Tell) -> None:
    update = {**UPDATE, "impact": "Two requests in five fail", "next_step": "find who holds them"}
    _, data = made(tell(PAGED, DECLARED), "update", **update)
    assert data["text"] == "SEV-2 investigating: Two requests in five fail. Next: find who holds them"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("impact", " \n ", "An update needs a text"),
        ("audiences", [], "nobody would be told"),
        ("audiences", ["the king"], "no audience 'the king'"),
        ("status", "fine", "no status 'fine'"),
        ("next_update_at", "soon", "'soon' cannot be read as a time"),
        ("next_update_at", "2020-01-01T00:00:00Z", "is over"),
        ("impact", "x" * (MOST_CHARACTERS + 1), "5,001 characters"),
    ],
)
def test_an_update_is_refused_beside_the_field(tell: Tell, field: str, value: Any, said: str) -> None:
    faults = refused(tell(PAGED), "update", **{**UPDATE, field: value})
    assert list(faults) == [field]
    assert said in faults[field]


def test_resolved_is_the_closing_notice_and_needs_no_next_update(tell: Tell) -> None:
    data = made(tell(PAGED), "update", **{**UPDATE, "status": "resolved", "next_update_at": "soon"})[1]
    assert data["closing"] is True
    assert "next_update_at" not in data


def test_a_call_is_noted_under_the_playbooks_name_and_a_stranger_as_typed(tell: Tell) -> None:
    kind, data = made(tell(PAGED), "escalate", to="Engineering Manager", by="phone")
    assert (kind, data) == ("incident.escalated", {"to": "engineering-manager", "by": "phone", "from": "Ada"})
    assert made(tell(PAGED), "escalate", to="my aunt", by="phone")[1]["to"] == "my aunt"
    assert set(refused(tell(PAGED), "escalate")) == {"to", "by"}


def test_a_diagnosis_names_something_and_not_the_same_again(tell: Tell) -> None:
    said = {"component": "postgres", "failure_mode": "connection-exhaustion"}
    assert made(tell(PAGED), "diagnose", **said) == ("diagnosis.submitted", {**said, "by": "Ada"})
    assert made(tell(PAGED), "diagnose", component="postgres")[1] == {"component": "postgres", "by": "Ada"}
    assert "component" in refused(tell(PAGED), "diagnose", text="no idea")
    again = tell(PAGED, (8, "diagnosis.submitted", said))
    assert "said so at 10:08:00 UTC already" in refused(again, "diagnose", **said)["component"]


def test_what_was_done_by_hand_says_whether_it_changed_something(tell: Tell) -> None:
    assert made(tell(PAGED), "act", command="switched the load balancer", changes="yes") == (
        "action.taken",
        {"command": "switched the load balancer", "by": "Ada", "by_hand": True, "changes": True},
    )
    assert made(tell(PAGED), "act", command="looked at the disk")[1]["changes"] is False
    assert "what you did" in refused(tell(PAGED), "act")["command"]


def test_only_what_was_declared_can_be_resolved_and_once(tell: Tell) -> None:
    assert "Declare one first" in refused(tell(PAGED), "resolve")[""]
    assert made(tell(PAGED, DECLARED), "resolve", text="slots freed") == (
        "incident.resolved",
        {"text": "slots freed", "by": "Ada"},
    )
    over = tell(PAGED, DECLARED, (9, "incident.resolved", {"by": "Bob"}))
    assert refused(over, "resolve")[""] == "Bob resolved it at 10:09:00 UTC."
    again = tell(PAGED, DECLARED, (9, "incident.resolved", {"by": "Bob"}), (9.5, "impact.started", {}))
    assert made(again, "resolve")[0] == "incident.resolved"


def test_after_the_end_only_the_review_is_left(tell: Tell) -> None:
    said = refused(tell(PAGED, DECLARED).ended(9), "resolve")[""]
    assert said == "The drill ended at 10:09:00 UTC; what is left is the review."


def test_a_text_is_kept_without_what_no_database_can_hold() -> None:
    form = Form([("text", " a\0b\x1b[31m\r\nc\ud800 \n")])
    assert form.text("text") == "ab[31m\nc"
