"""The doors of other tools, as these knock: real HTTP semantics, a real record, the vendors' documented payloads."""

import hmac
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
import pytest_asyncio

from scoring.api.app import build_app
from scoring.api.auth import Role
from scoring.record.engine import open_engine

PAYLOADS = Path(__file__).parent / "payloads"
FORM = {"content-type": "application/x-www-form-urlencoded"}
TOKENS = {role: f"{role}-token" for role in Role}
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Service:
    """The service in this process, and its clients by role."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)
        self._count = 0
        self.open_drills: list[str] = []

    def as_(self, role: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {role}-token"} if role else {}
        return httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1", headers=headers)

    async def open(self, *, began: datetime | None = None, playbook: str = "llm-research-lab") -> str:
        """A running drill that began a minute ago."""
        self._count += 1
        name = f"d-{self._count}"
        began = began or datetime.now(UTC) - timedelta(minutes=1)
        drill = {"id": name, "playbook": playbook, "clock": 60, "started_at": began.isoformat(), "truth": {}}
        async with self.as_("facilitator") as client:
            assert (await client.post("/api/v1/drills", json=drill)).status_code == 201
        self.open_drills.append(name)
        return name

    async def end(self, drill: str) -> None:
        async with self.as_("facilitator") as client:
            await client.post(f"/api/v1/drills/{drill}/end", json={"ended_at": datetime.now(UTC).isoformat()})
        self.open_drills.remove(drill)

    async def events(self, drill: str) -> list[dict[str, Any]]:
        async with self.as_("facilitator") as client:
            events: list[dict[str, Any]] = (await client.get(f"/api/v1/drills/{drill}/events")).json()["events"]
        return events

    async def post(self, path: str, value: Any, role: str | None = "ingest", **more: Any) -> httpx.Response:
        async with self.as_(role) as client:
            if isinstance(value, bytes):
                return await client.post(path, content=value, **more)
            return await client.post(path, json=value, **more)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    app = build_app(open_engine(str(tmp_path_factory.mktemp("hooks") / "record.db")), TOKENS)
    async with app.router.lifespan_context(app):
        yield Service(app)


@pytest_asyncio.fixture(loop_scope="module")
async def service(running: Service) -> AsyncIterator[Service]:
    """The service; its drills are ended afterwards, so that they take nothing of others."""
    yield running
    while running.open_drills:
        await running.end(running.open_drills[-1])


def payload(name: str) -> Any:
    return orjson.loads((PAYLOADS / name).read_bytes())


def pagerduty(kind: str, name: str = "incident", **data: Any) -> dict[str, Any]:
    """A delivery of a type, as if it happened just now."""
    event = payload(f"pagerduty-{name}.json")["event"]
    now = datetime.now(UTC).isoformat()
    return {"event": {**event, "id": kind, "event_type": kind, "occurred_at": now, "data": {**event["data"], **data}}}


def firing() -> dict[str, Any]:
    """Alertmanager's group with one alert that has just begun to fire."""
    hook = payload("alertmanager.json")
    return {**hook, "alerts": [{**hook["alerts"][0], "startsAt": datetime.now(UTC).isoformat()}]}


def assert_problem(answer: httpx.Response, status: int, said: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]


async def test_an_alert_is_for_every_running_drill_or_for_the_one_that_is_named(service: Service) -> None:
    hook = firing()
    answer = await service.post("/api/v1/hooks/alertmanager", hook)
    assert (answer.status_code, answer.json()["drills"]) == (202, 0)
    one, two, over = [await service.open() for _ in range(3)]
    await service.end(over)
    answer = await service.post("/api/v1/hooks/alertmanager", hook, params={"drill": one})
    assert (answer.status_code, answer.json()["drills"], answer.json()["events"]) == (200, 1, 1)
    assert (await service.post("/api/v1/hooks/alertmanager", hook)).json()["drills"] == 2
    for drill in (one, two):
        assert [event["kind"] for event in await service.events(drill)] == ["alert.firing"]
    answer = await service.post("/api/v1/hooks/alertmanager", hook, params={"drill": over})
    assert (answer.status_code, answer.json()["drills"]) == (202, 0)
    assert_problem(await service.post("/api/v1/hooks/alertmanager", hook, params={"drill": "nobody"}), 404, "nobody")


async def test_a_push_and_a_webhook_of_one_alert_are_one_event(service: Service) -> None:
    drill, hook = await service.open(), firing()
    assert (await service.post("/api/v2/alerts", hook["alerts"])).status_code == 200
    await service.post("/api/v1/hooks/alertmanager", hook)
    assert [event["source"] for event in await service.events(drill)] == ["monitor"]


async def test_grafanas_alert_is_recorded(service: Service) -> None:
    drill = await service.open(began=datetime(2021, 10, 12, 7, 50, tzinfo=UTC))
    assert (await service.post("/api/v1/hooks/grafana", payload("grafana.json"))).json()["events"] == 1
    [event] = await service.events(drill)
    assert event["data"]["values"] == {"B": 44.23943737541908, "C": 1}


async def test_pagerdutys_incident_is_played_through_it_alone(service: Service) -> None:
    drill = await service.open()
    sev = {"summary": "sev 2", "id": "P1", "type": "priority_reference"}
    for kind, name, data in [
        ("incident.triggered", "incident", {}),
        ("incident.acknowledged", "incident", {}),
        ("incident.priority_updated", "incident", {"priority": sev}),
        ("incident.status_update_published", "status-update", {}),
        ("incident.resolved", "incident", {}),
    ]:
        delivery = pagerduty(kind, name, **data)
        for _ in range(2):
            assert (await service.post("/api/v1/hooks/pagerduty", delivery)).status_code == 200
    again = pagerduty("incident.priority_updated", priority={**sev, "summary": "SEV-1"})
    again["event"]["id"] = "another"
    await service.post("/api/v1/hooks/pagerduty", again)
    events = await service.events(drill)
    assert [event["kind"] for event in events] == [
        "alert.firing",
        "incident.acknowledged",
        "incident.declared",
        "update.posted",
        "alert.resolved",
        "incident.resolved",
        "incident.reclassified",
    ]
    assert {event["source"] for event in events} == {"pagerduty"}
    assert events[2]["data"]["severity"] == "SEV-2"


async def test_a_priority_that_no_level_has_is_told(service: Service) -> None:
    drill = await service.open()
    answer = (await service.post("/api/v1/hooks/pagerduty", pagerduty("incident.priority_updated"))).json()
    assert answer["events"] == 0
    assert "priority 'P1' is no level of playbook llm-research-lab" in answer["notes"][0]
    assert await service.events(drill) == []


async def test_cloudevents_come_in_three_modes(service: Service) -> None:
    drill = await service.open()
    given = {"specversion": "1.0", "source": "/ours", "type": "dev.gameday.event.incident.acknowledged"}
    path = "/api/v1/hooks/cloudevents"
    structured = {"content-type": "application/cloudevents+json"}
    batched = {"content-type": "application/cloudevents-batch+json"}
    binary = {f"ce-{name}": value for name, value in {**given, "id": "2"}.items()}
    await service.post(path, orjson.dumps({**given, "id": "1"}), headers=structured)
    await service.post(path, {"by": "Ada"}, headers=binary)
    await service.post(path, orjson.dumps([{**given, "id": "2"}, {**given, "id": "3"}]), headers=batched)
    assert [event["key"] for event in await service.events(drill)] == [f"cloudevent//ours#{n}" for n in (1, 2, 3)]
    assert_problem(await service.post(path, b"{}", headers=structured), 422, "body.specversion")


async def test_a_chats_command_is_recorded_and_answered(service: Service) -> None:
    async def said(text: str) -> dict[str, Any]:
        form = urlencode({"text": text, "user_name": "ada", "trigger_id": text}).encode()
        answer = await service.post("/api/v1/hooks/chat", form, headers=FORM)
        assert answer.status_code == 200
        shown: dict[str, Any] = answer.json()
        return shown

    assert await said("ack") == {"response_type": "ephemeral", "text": "No drill is running."}
    drill = await service.open()
    assert await said("reclassify sev2") == {"response_type": "in_channel", "text": "ada reclassified as SEV-2."}
    await said("reclassify sev1")
    unknown = await said("shrug")
    assert unknown["response_type"] == "ephemeral"
    assert "declare LEVEL [text]" in unknown["text"]
    events = await service.events(drill)
    assert [(e["kind"], e["data"]["severity"]) for e in events] == [
        ("incident.declared", "SEV-2"),
        ("incident.reclassified", "SEV-1"),
    ]


async def test_a_level_is_looked_up_in_the_playbook_of_each_drill(service: Service) -> None:
    labs, bench = await service.open(), await service.open(playbook="causal-eval-bench")
    form = urlencode({"text": "declare P0", "user_name": "ada", "trigger_id": "1"}).encode()
    answer = (await service.post("/api/v1/hooks/chat", form, headers=FORM)).json()
    assert "ada declared P0." in answer["text"]
    assert "Which level? Playbook LLM Research Lab has" in answer["text"]
    assert ([e["kind"] for e in await service.events(bench)], await service.events(labs)) == (["incident.declared"], [])


@pytest.mark.parametrize("path", ["alertmanager", "grafana", "pagerduty", "cloudevents", "chat"])
async def test_each_door_wants_a_trusted_token(path: str, service: Service) -> None:
    body = payload(f"{path}.json") if path in {"alertmanager", "grafana"} else pagerduty("pagey.ping", "ping")
    url = f"/api/v1/hooks/{path}"
    assert_problem(await service.post(url, body, role=None), 401, "Bearer")
    assert_problem(await service.post(url, body, role="guess"), 401, "Bearer")
    for role in ("responder", "observer"):
        assert_problem(await service.post(url, body, role=role), 403, "facilitator or ingest")


async def test_pagerdutys_signature_stands_in_for_a_token(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    drill, body = await service.open(), orjson.dumps(pagerduty("incident.acknowledged"))

    async def signed(secret: bytes, role: str | None = None) -> httpx.Response:
        signature = "v1=0,v1=" + hmac.new(secret, body, sha256).hexdigest()
        headers = {"X-PagerDuty-Signature": signature, "content-type": "application/json"}
        return await service.post("/api/v1/hooks/pagerduty", body, role, headers=headers)

    assert_problem(await signed(b"ours"), 401, "Bearer")
    monkeypatch.setenv("GAMEDAY_PAGERDUTY_SECRET", "other, ours")
    assert (await signed(b"ours")).status_code == 200
    assert_problem(await signed(b"guess"), 401, "GAMEDAY_PAGERDUTY_SECRET")
    assert_problem(await signed(b"guess", "ingest"), 401, "GAMEDAY_PAGERDUTY_SECRET")
    assert len(await service.events(drill)) == 1


async def test_a_chats_signature_and_token_stand_in_for_ours(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEDAY_SLACK_SECRET", "slacks")
    monkeypatch.setenv("GAMEDAY_MATTERMOST_TOKEN", "okwexkjpe7ygb8eq1ww58t483w")
    drill = await service.open()
    body = (PAYLOADS / "slack-command.txt").read_bytes().replace(b"text=&", b"text=ack&")

    async def signed(secret: bytes, age_s: int = 0) -> httpx.Response:
        at = str(int(time.time()) - age_s)
        signature = "v0=" + hmac.new(secret, f"v0:{at}:".encode() + body, sha256).hexdigest()
        headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": at, **FORM}
        return await service.post("/api/v1/hooks/chat", body, None, headers=headers)

    assert (await signed(b"slacks")).json()["text"] == "roadrunner has it."
    assert_problem(await signed(b"guess"), 401, "GAMEDAY_SLACK_SECRET")
    assert_problem(await signed(b"slacks", age_s=301), 401, "five minutes")
    form = (PAYLOADS / "mattermost-command.txt").read_bytes().replace(b"text=asd", b"text=resolve")
    assert (await service.post("/api/v1/hooks/chat", form, None, headers=FORM)).status_code == 200
    other = form.replace(b"token=okwex", b"token=guess")
    assert_problem(await service.post("/api/v1/hooks/chat", other, None, headers=FORM), 401, "Bearer")
    assert [event["source"] for event in await service.events(drill)] == ["slack", "mattermost"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/api/v2/alerts", [{"labels": {}}], "labels"),
        ("/api/v1/hooks/alertmanager", {"version": "3", "alerts": []}, "version"),
        ("/api/v1/hooks/grafana", {"alerts": []}, "orgId"),
        ("/api/v1/hooks/pagerduty", {"event": {"id": "1"}}, "event_type"),
        ("/api/v1/hooks/pagerduty", pagerduty("incident.acknowledged", id=5), "event.data.id"),
        ("/api/v1/hooks/cloudevents", {}, "ce-specversion"),
        ("/api/v1/hooks/chat", {"text": 5}, "body.text"),
    ],
)
async def test_a_bad_payload_is_a_problem_that_names_the_field(
    path: str, body: Any, said: str, service: Service
) -> None:
    await service.open()
    assert_problem(await service.post(path, body), 422, said)
