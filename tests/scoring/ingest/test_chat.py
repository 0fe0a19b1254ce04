"""Commands from a chat, and what the chat shows in answer."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from scoring.errors import ScoringError
from scoring.ingest.chat import parse, translate
from scoring.ingest.translation import Situation, Translation
from scoring.playbook.file import load_playbook

PAYLOADS = Path(__file__).parent / "payloads"
FORM = "application/x-www-form-urlencoded"
NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
SITUATION = Situation(load_playbook("llm-research-lab"), NOW, NOW)


def typed(text: str, **fields: str) -> Translation:
    form = {
        "user_name": "ada",
        "channel_name": "incidents",
        "text": text,
        "trigger_id": "13345224609.738474920",
        **fields,
    }
    return translate(parse(FORM, urlencode(form).encode()), SITUATION)


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        ("ack", "incident.acknowledged", {"by": "ada"}),
        ("ack looking at it", "incident.acknowledged", {"by": "ada", "text": "looking at it"}),
        ("declare SEV-2 a tenth fails", "incident.declared", {"severity": "SEV-2", "text": "a tenth fails"}),
        ("Declare sev 1", "incident.declared", {"severity": "SEV-1"}),
        ("reclassify sev1 all of it", "incident.reclassified", {"severity": "SEV-1", "text": "all of it"}),
        ("update we see errors", "update.posted", {"text": "we see errors", "audiences": ["responders"]}),
        (
            "update to customers and Stakeholders: Status: degraded; Impact: a tenth; Next: wait; Next update: 10:30",
            "update.posted",
            {
                "audiences": ["customers", "stakeholders"],
                "status": "degraded",
                "impact": "a tenth",
                "next_step": "wait",
                "next_update_at": "10:30",
            },
        ),
        ("update closing to customers: all is well", "update.posted", {"closing": True, "text": "all is well"}),
        (
            "escalate Engineering Manager by phone: we are stuck",
            "incident.escalated",
            {"to": "engineering-manager", "by": "phone", "from": "ada", "text": "we are stuck"},
        ),
        ("escalate bob by slack", "incident.escalated", {"to": "bob", "by": "slack"}),
        (
            "diagnose postgres connection-exhaustion",
            "diagnosis.submitted",
            {"component": "postgres", "failure_mode": "connection-exhaustion"},
        ),
        ("diagnose API Gateway overload", "diagnosis.submitted", {"component": "API Gateway"}),
        ("role incident commander", "role.assigned", {"role": "incident-commander", "who": "ada"}),
        ("role scribe @bob", "role.assigned", {"role": "scribe", "who": "bob"}),
        ("resolve", "incident.resolved", {"by": "ada"}),
    ],
)
def test_a_command_is_an_event(text: str, kind: str, data: dict[str, Any]) -> None:
    [event] = typed(text).events
    assert event.kind == kind
    assert {name: event.data.get(name) for name in data} == data
    assert (event.occurred_at, event.key) == (NOW, "chat/13345224609.738474920")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "I understand:"),
        ("help", "• ack [text]"),
        ("akc", "did you mean 'ack'?"),
        ("declare", "SEV-1, SEV-2, SEV-3, SEV-4"),
        ("declare catastrophe", "Nothing is recorded"),
        ("update", "update [closing]"),
        ("update to marketing: hello", "no audience 'marketing'; there are: responders, customers, stakeholders"),
        ("escalate", "escalate WHO by CHANNEL"),
        ("escalate bob", "escalate WHO by CHANNEL"),
        ("diagnose postgres", "diagnose COMPONENT FAILURE-MODE"),
        ("role wizard", "incident-commander"),
    ],
)
def test_what_is_no_command_is_answered_with_what_would_be(text: str, answer: str) -> None:
    told = typed(text)
    assert told.events == ()
    assert answer in told.notes[0]


def test_the_answer_says_what_was_recorded() -> None:
    assert typed("declare sev2").notes == ("ada declared SEV-2.",)
    assert typed("escalate bob by phone").notes == ("ada called bob by phone.",)


def test_slacks_command_is_recognised_when_it_comes_again() -> None:
    body = (PAYLOADS / "slack-command.txt").read_bytes().replace(b"text=&", b"text=ack+a+%26lt%3B+b&")
    [event] = translate(parse(FORM, body), SITUATION).events
    assert event.key == "slack/398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    assert event.data == {"by": "roadrunner", "text": "a < b"}
    assert event.source == "slack"


def test_mattermosts_outgoing_webhook_says_its_trigger_word_first() -> None:
    body = (PAYLOADS / "mattermost-outgoing.txt").read_bytes().replace(b"text=some+text+here", b"text=some+ack")
    [event] = translate(parse(FORM, body), SITUATION).events
    assert (event.kind, event.source, event.key) == (
        "incident.acknowledged",
        "mattermost",
        "mattermost/axdygg1957njfe5pu38saikdho",
    )


def test_mattermosts_command_is_known_by_its_response_url() -> None:
    body = (PAYLOADS / "mattermost-command.txt").read_bytes().replace(b"text=asd", b"text=resolve")
    first, again = (translate(parse(FORM, body), SITUATION).events[0] for _ in range(2))
    assert first == again
    assert first.key is not None
    assert first.key.startswith("mattermost/")


def test_a_chat_may_send_json() -> None:
    told = translate(parse("application/json; charset=utf-8", b'{"text": "ack", "user_name": "ada"}'), SITUATION)
    assert told.events[0].data == {"by": "ada"}


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        (FORM, b"text=%ff", "no form in UTF-8"),
        (FORM, b"\xff", "no form in UTF-8"),
        (FORM, b"&".join(b"a=%d" % n for n in range(200)), "no form"),
        (FORM, b"text=" + b"x" * 30_000, "body.text"),
        ("application/json", b"[]", "body"),
        ("application/json", b'{"text": 5}', "body.text"),
        ("application/json", b"{", "no JSON"),
        (FORM, b"text=ack+%00&user_name=ada", "null character"),
    ],
)
def test_what_is_no_message_is_refused(content_type: str, body: bytes, said: str) -> None:
    with pytest.raises(ScoringError, match=said):
        translate(parse(content_type, body), SITUATION)
