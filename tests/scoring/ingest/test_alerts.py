"""Alerts of monitors, as their vendors document the payloads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from scoring.ingest import alertmanager, grafana, prometheus
from scoring.ingest.alertmanager import AlertmanagerHook
from scoring.ingest.grafana import GrafanaHook
from scoring.ingest.prometheus import PushedAlert, fingerprint
from scoring.ingest.translation import Situation
from scoring.playbook.file import load_playbook
from scoring.timeline import Event

PAYLOADS = Path(__file__).parent / "payloads"
BOOK = load_playbook("llm-research-lab")
PUSHES = TypeAdapter(list[PushedAlert])


def payload(name: str) -> Any:
    return orjson.loads((PAYLOADS / name).read_bytes())


def at(text: str, **later: float) -> Situation:
    """A drill that began a minute before an instant, read at that instant and `later`."""
    instant = datetime.fromisoformat(text)
    return Situation(BOOK, instant - timedelta(minutes=1), instant + timedelta(**later))


def kinds(events: tuple[Event, ...]) -> list[str]:
    return [event.kind for event in events]


@pytest.mark.parametrize(
    ("labels", "known"),
    [
        ({}, 14695981039346656037),
        ({"name": "garland, briggs", "fear": "love is not enough"}, 5799056148416392346),
        ({"first-label": "first-label-value"}, 5146282821936882169),
        ({"first-label": "first-label-value", "second-label": "second-label-value"}, 3195800080984914717),
        ({"alertname": "AlwaysOn", "severity": "critical", "component": "postgres"}, 0xC06B8F26D3241DBA),
    ],
)
def test_a_fingerprint_is_the_one_that_prometheus_gives(labels: dict[str, str], known: int) -> None:
    """The pairs are those of prometheus/common's own tests of its signatures; the last is by Alertmanager 0.25."""
    assert int(fingerprint(labels), 16) == known


def test_a_push_fires_until_its_end_has_come() -> None:
    pushed = PUSHES.validate_python(payload("prometheus.json"))
    before = prometheus.translate(pushed, at("2026-01-05T10:00:00Z", minutes=3)).events
    after = prometheus.translate(pushed, at("2026-01-05T10:00:00Z", minutes=5)).events
    assert (kinds(before), kinds(after)) == (["alert.firing"], ["alert.firing", "alert.resolved"])
    assert before[0] == after[0]
    assert before[0].alert_name == "HighRequestLatency"
    assert before[0].occurred_at == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_alertmanagers_group_tells_each_alert_with_its_own_status_and_zone() -> None:
    hook = AlertmanagerHook.model_validate(payload("alertmanager.json"))
    told = alertmanager.translate(hook, at("2018-08-03T07:53:00Z", minutes=2))
    assert kinds(told.events) == ["alert.firing", "alert.firing", "alert.resolved"]
    assert told.events[0].occurred_at == datetime(2018, 8, 3, 7, 52, 26, 739266, tzinfo=UTC)
    assert told.events[2].occurred_at == datetime(2018, 8, 3, 7, 53, 26, 739266, tzinfo=UTC)
    assert told.events[0].data["fingerprint"] == payload("alertmanager.json")["alerts"][0]["fingerprint"]
    assert told.events[0].source == "alertmanager"
    assert "left out 1 of the group's alerts" in told.notes[0]


def test_an_alert_that_comes_by_push_and_by_webhook_is_one_alert() -> None:
    said = payload("alertmanager.json")["alerts"]
    situation = at("2018-08-03T07:53:00Z", minutes=2)
    hook = AlertmanagerHook.model_validate({"version": "4", "alerts": said})
    by_hook = alertmanager.translate(hook, situation).events
    by_push = prometheus.translate(PUSHES.validate_python(said), situation).events
    assert [event.key for event in by_hook] == [event.key for event in by_push]


def test_a_fingerprint_that_is_given_is_the_alerts_identity() -> None:
    said = {**payload("alertmanager.json")["alerts"][0], "fingerprint": "cafe"}
    hook = AlertmanagerHook.model_validate({"version": "4", "alerts": [said]})
    event = alertmanager.translate(hook, at("2018-08-03T07:53:00Z")).events[0]
    assert event.data["fingerprint"] == "cafe"
    assert event.key == "alert.firing/cafe@2018-08-03T07:52:26.739266Z"


def test_an_alert_that_was_over_before_the_drill_is_none_of_its_events() -> None:
    hook = AlertmanagerHook.model_validate(payload("alertmanager.json"))
    told = alertmanager.translate(hook, at("2018-08-03T08:53:00Z"))
    assert [event.data["labels"]["instance"] for event in told.events] == ["localhost:9090"]


def test_a_resolved_alert_without_an_end_ends_now() -> None:
    said = {"status": "resolved", "labels": {"alertname": "Test"}, "endsAt": "0001-01-01T00:00:00Z"}
    situation = at("2018-08-03T07:53:00Z")
    events = alertmanager.translate(
        AlertmanagerHook.model_validate({"version": "4", "alerts": [said]}), situation
    ).events
    assert (events[1].kind, events[1].occurred_at) == ("alert.resolved", situation.now)


def test_grafanas_alert_keeps_its_values_and_links() -> None:
    hook = GrafanaHook.model_validate(payload("grafana.json"))
    event = grafana.translate(hook, at("2021-10-12T07:52:00Z")).events[0]
    assert (event.kind, event.source, event.alert_name) == ("alert.firing", "grafana", "High memory usage")
    assert event.occurred_at == datetime(2021, 10, 12, 7, 51, 3, 157076, tzinfo=UTC)
    assert event.data["values"] == {"B": 44.23943737541908, "C": 1}
    assert event.data["silence_url"].startswith("https://play.grafana.org/alerting/silence/new")
    assert event.data["fingerprint"] == "c6eadffa33fcdf37"
    assert "dashboard_url" not in event.data


@pytest.mark.parametrize(
    ("model", "name", "changed", "field"),
    [
        (AlertmanagerHook, "alertmanager.json", {"version": "3"}, "version"),
        (AlertmanagerHook, "alertmanager.json", {"alerts": [{"labels": {"a": "b"}}]}, "status"),
        (AlertmanagerHook, "alertmanager.json", {"alerts": [{"status": "firing", "labels": {}}]}, "labels"),
        (GrafanaHook, "grafana.json", {"orgId": None}, "orgId"),
        (GrafanaHook, "grafana.json", {"alerts": [{"status": "on", "labels": {"a": "b"}}]}, "status"),
    ],
)
def test_what_is_not_of_the_format_is_told_by_field(model: Any, name: str, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        model.model_validate({**payload(name), **changed})
    assert raised.value.errors()[0]["loc"][-1] == field
