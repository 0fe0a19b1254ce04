"""CloudEvents in the three modes of their HTTP binding."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from scoring.errors import ScoringError
from scoring.ingest.cloudevent import parse, translate_all
from scoring.ingest.translation import Situation, Translation
from scoring.playbook.file import load_playbook

BATCH = (Path(__file__).parent / "payloads" / "cloudevents-batch.json").read_bytes()
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCHED = {"Content-Type": "application/cloudevents-batch+json"}
BEGAN = datetime(2018, 4, 5, 17, 30, tzinfo=UTC)
SITUATION = Situation(load_playbook("llm-research-lab"), BEGAN, BEGAN + timedelta(minutes=5))
ENVELOPE = {
    "specversion": "1.0",
    "type": "dev.gameday.event.incident.declared",
    "source": "/mycontext",
    "id": "A234-1234-1234",
    "time": "2018-04-05T19:31:00+02:00",
    "data": {"severity": "sev2"},
}


def told(headers: dict[str, str], body: bytes) -> Translation:
    return translate_all(parse(headers, body), SITUATION)


def structured(**changed: Any) -> Translation:
    return told(STRUCTURED, json.dumps({**ENVELOPE, **changed}).encode())


def test_an_event_in_structured_mode() -> None:
    [event] = structured().events
    assert (event.kind, event.source, event.data) == ("incident.declared", "/mycontext", {"severity": "SEV-2"})
    assert event.occurred_at == datetime(2018, 4, 5, 17, 31, tzinfo=UTC)
    assert event.key == "cloudevent//mycontext#A234-1234-1234"


def test_the_same_event_in_binary_mode_is_the_same() -> None:
    headers = {f"ce-{name}": str(value) for name, value in ENVELOPE.items() if name != "data"}
    body = orjson.dumps(ENVELOPE["data"])
    assert told({**headers, "content-type": "application/json"}, body).events == structured().events


def test_a_batch_holds_ours_among_others() -> None:
    answer = told(BATCHED, BATCH)
    assert [(event.kind, event.data) for event in answer.events] == [("incident.acknowledged", {"by": "Ada"})]
    assert answer.notes == ("CloudEvents of type com.example.someotherevent are not recorded",)
    assert told(BATCHED, b"[]").events == ()


def test_an_alert_in_an_event_is_an_alert() -> None:
    alert = {"labels": {"alertname": "Slow"}, "startsAt": "2018-04-05T17:31:00Z"}
    [event] = structured(type="dev.gameday.alert", data=alert).events
    assert (event.kind, event.alert_name, event.source) == ("alert.firing", "Slow", "/mycontext")


def test_an_event_without_a_time_is_of_now() -> None:
    assert structured(time=None).events[0].occurred_at == SITUATION.now
    headers = {f"ce-{name}": str(value) for name, value in ENVELOPE.items() if name not in {"data", "time"}}
    assert told(headers, b'{"severity": "SEV-1"}').events[0].occurred_at == SITUATION.now


def test_what_occurred_before_the_drill_is_not_recorded() -> None:
    answer = structured(time="2018-04-05T17:29:59Z")
    assert answer.events == ()
    assert "before the drill began" in answer.notes[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": None}, "body.id: this attribute is missing"),
        ({"id": 5}, "body.id"),
        ({"specversion": "0.3"}, "body.specversion"),
        ({"time": "yesterday"}, "body.time"),
        ({"time": "2018-04-05T17:31:00"}, "body.time"),
        ({"time": 5}, "body.time"),
        ({"type": "dev.gameday.event.incident.acknowleged"}, "did you mean 'incident.acknowledged'"),
        ({"data": "SEV-2"}, "is an object"),
        ({"data": {"severity": "huge"}}, "data.severity: playbook llm-research-lab has no such level"),
        ({"data": {"severity": 2}}, "SEV-1, SEV-2"),
        ({"Bad": "x"}, "body.Bad"),
        ({"type": "dev.gameday.alert", "data": {"labels": {}}}, "data.labels"),
        ({"type": "dev.gameday.alert", "data": None}, "data"),
        ({"data": {"severity": "SEV-1", "text": "\0"}}, "null character"),
        ({"id": "\ud800"}, "cannot be written as JSON"),
        ({"source": "\ud800"}, "cannot be written as JSON"),
        ({"id": "\0"}, "id: a text cannot hold a null character"),
    ],
)
def test_what_is_wrong_is_told_by_attribute(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ScoringError, match=said):
        structured(**changed)


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        (STRUCTURED, b"{", "no JSON"),
        (STRUCTURED, b"[]", "an object"),
        (BATCHED, b"{}", "a batch is a list"),
        (BATCHED, b"[5]", "body.0"),
        ({"content-type": "application/json"}, b"{}", "ce-specversion"),
    ],
)
def test_a_body_that_is_no_cloudevent_is_refused(headers: dict[str, str], body: bytes, said: str) -> None:
    with pytest.raises(ScoringError, match=said):
        told(headers, body)
