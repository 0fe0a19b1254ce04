"""Whatever a sender sends, a translator answers with events that can be kept, or says what is wrong."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scoring.canonical import canonical_json
from scoring.errors import ScoringError
from scoring.ingest import alertmanager, chat, cloudevent, grafana, pagerduty, prometheus
from scoring.ingest.alertmanager import AlertmanagerHook
from scoring.ingest.commands import USAGE
from scoring.ingest.grafana import GrafanaHook
from scoring.ingest.pagerduty_payload import PagerDutyHook
from scoring.ingest.prometheus import PushedAlert
from scoring.ingest.translation import Situation, Translation
from scoring.playbook.file import load_playbook

PAYLOADS = Path(__file__).parent / "payloads"
SITUATION = Situation(
    load_playbook("llm-research-lab"), datetime(2015, 1, 1, tzinfo=UTC), datetime(2026, 1, 5, 10, tzinfo=UTC)
)
PUSHES = TypeAdapter(list[PushedAlert])
FORMATS: dict[str, Any] = {
    "prometheus": lambda value: prometheus.translate(PUSHES.validate_python(value), SITUATION),
    "alertmanager": lambda value: alertmanager.translate(AlertmanagerHook.model_validate(value), SITUATION),
    "grafana": lambda value: grafana.translate(GrafanaHook.model_validate(value), SITUATION),
    "pagerduty": lambda value: pagerduty.translate(PagerDutyHook.model_validate(value), SITUATION),
    "cloudevents": lambda value: cloudevent.translate_all(
        cloudevent.parse({"content-type": "application/cloudevents-batch+json"}, json.dumps(value).encode()), SITUATION
    ),
    "chat": lambda value: chat.translate(chat.parse("application/json", json.dumps(value).encode()), SITUATION),
}

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
awkward = ["\0", "\ud800", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
texts = st.text(max_size=12) | st.sampled_from(awkward)
attributes = ["ce-id", "ce-type", "ce-source", "ce-specversion", "ce-time", "ce-x", "content-type"]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


def documented() -> list[tuple[str, Any]]:
    """Each payload of a vendor with the format it is of."""
    return [(path.stem.partition("-")[0], orjson.loads(path.read_bytes())) for path in sorted(PAYLOADS.glob("*.json"))]


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value, as the steps that lead there."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for step, part in steps for place in places(part, (*way, step)))]


def put(value: Any, way: tuple[Any, ...], part: Any) -> Any:
    """The value with another part in one place."""
    if not way:
        return part
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(value[way[0]], way[1:], part)
    return copy


def answers_well(name: str, value: Any) -> None:
    told = Translation()
    with suppress(ScoringError, ValidationError):
        told = FORMATS[name](value)
    for event in told.events:
        assert b"\\u0000" not in canonical_json(event.model_dump(mode="json")).replace(b"\\\\", b"")
        assert len(event.key or "") <= 300


@pytest.mark.parametrize("name", FORMATS)
@quick
@given(values)
def test_any_json_is_answered(name: str, value: Any) -> None:
    answers_well(name, value)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_documented_payload_with_any_part_changed_is_answered(data: st.DataObject) -> None:
    name, payload = data.draw(st.sampled_from(documented()))
    answers_well(name, put(payload, data.draw(st.sampled_from(places(payload))), data.draw(values)))


@quick
@given(st.dictionaries(st.sampled_from(attributes), texts), st.binary())
def test_any_headers_and_body_are_answered(headers: dict[str, str], body: bytes) -> None:
    with suppress(ScoringError):
        cloudevent.translate_all(cloudevent.parse(headers, body), SITUATION)
    with suppress(ScoringError):
        chat.translate(chat.parse(headers.get("content-type", ""), body), SITUATION)


@quick
@given(st.sampled_from(sorted(USAGE)), st.text())
def test_any_words_after_a_command_are_answered(command: str, words: str) -> None:
    answers_well("chat", {"text": f"{command} {words}", "user_name": "ada"})


@pytest.mark.parametrize("text", ["update to " + " " * 19_000, "escalate" + " a by" * 3_000, "update " + "; " * 9_000])
def test_long_words_are_answered_at_once(text: str) -> None:
    answers_well("chat", {"text": text, "user_name": "ada"})
