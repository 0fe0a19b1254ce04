"""What a tabletop hides from its room: no address of the service tells it, to nobody but the facilitator."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from posting import event
from tables import Table

PAGES = ("room", "facilitate", "observe", "seats/1")

SECRET = "zeppelin"
"""It is in all that the room must not know before its time."""
OF_OBSERVERS = "kilimanjaro"
"""It is in what observers may know, and the room may not."""
HIDDEN = f"""
name: {SECRET}-at-noon
title: A morning
playbook: llm-research-lab
duration: 1h
situation: All is well.
summary: The {SECRET} holds every connection.
truth:
  failure_mode: database/{SECRET}-exhaustion
  component: {SECRET}-pool
  severity: SEV-1
  alerts: [HighErrorRate]
objectives:
  - id: {OF_OBSERVERS}-respond
    dimension: acknowledge
    text: {OF_OBSERVERS} is taken
    tasks: [{OF_OBSERVERS} is said]
participants:
  - {{role: incident-commander, player: Ada}}
injects:
  - id: first-page
    at: 0m
    title: Errors
    from: the monitor
    to: [everybody]
    channel: page
    kind: alert
    text: Requests fail.
    note: Ask them about {SECRET}.
    shows:
      - {{event: fault.injected}}
      - {{event: impact.started, error_share: 0.4}}
      - {{event: alert.firing, alert: HighErrorRate}}
    expects:
      - id: {SECRET}-ack
        text: They say {SECRET}.
        objective: {OF_OBSERVERS}-respond
        within: 5m
        answers: {{event: incident.acknowledged}}
      - {{id: {SECRET}-stop, text: They stop {SECRET}., objective: {OF_OBSERVERS}-respond}}
  - id: {SECRET}-shows
    at: 10m
    title: What {SECRET} does
    from: {SECRET}
    to: [everybody]
    channel: chat
    kind: symptom
    text: It is {SECRET}.
    waits_for: [{SECRET}-stop]
"""
BODIES = [None, {}, [], {"ended_at": "2026-01-05T09:00:00Z"}, event("fault.injected"), [event("incident.acknowledged")]]


@pytest.fixture(scope="module")
def hidden(clients: dict[str, httpx.Client]) -> Iterator[Table]:
    """A tabletop in full swing, whose every secret has a word in it."""
    table = Table(clients, scenario=None, scenario_text=HIDDEN)
    table.does("start")
    table.does("reveal", inject="first-page")
    table.says("acknowledge", who="Ada")
    table.does("tick", expected=f"{SECRET}-ack")
    table.does("undo", expected=f"{SECRET}-stop", note=f"nobody thought of {SECRET}")
    table.does("note", objective=f"{OF_OBSERVERS}-respond", mark="M", text=f"{SECRET} was not named")
    yield table
    table.does("end", sure="yes")


def _paths(table: Table, document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    places = {
        "drill_id": table.id,
        "name": "llm-research-lab",
        "person_id": "ada",
        "item_id": "0",
        "token_id": "0",
        "number": "0",
    }
    for path, operations in document["paths"].items():
        address = path.replace("{name:path}", "{name}").format(**places)
        if not address.endswith("/stream"):
            yield "get", f"{address}?after=0&limit=1000", None
            yield from (
                (method, address, body)
                for method in operations
                for body in (BODIES if method in ("post", "put") else [None])
            )
    for name in ("", "/respond", "/facilitate", "/observe", "/status", "/review", "/runbooks", "/tabletop"):
        yield "get", f"/drills/{table.id}{name}", None
    for name in (*PAGES, "seats/2", "report", "report.md", "report.html", "report.pdf", "nowhere"):
        yield "get", f"/drills/{table.id}/tabletop/{name}", None
        for form in ("reveal", "tick", "note", "acknowledge", "end"):
            yield "post", f"/drills/{table.id}/tabletop/{name}/{form}", {"key": "x", "inject": "no", "expected": "no"}
    yield from (("get", path, None) for path in ("/", "/history"))


@pytest.mark.parametrize("role", ["responder", "observer", "ingest"])
def test_no_route_tells_the_room_what_it_must_not_know(
    role: str, hidden: Table, clients: dict[str, httpx.Client]
) -> None:
    document = clients["observer"].get("/openapi.json").json()
    kept = [SECRET] if role == "observer" else [SECRET, OF_OBSERVERS]
    statuses = set()
    for method, path, body in _paths(hidden, document):
        is_page = path.startswith("/drills/")
        sent = {"data": body} if is_page and body else {"json": body}
        for accept in ("text/html", "*/*"):
            answer = clients[role].request(method, path, headers={"Accept": accept}, **sent)
            statuses.add(answer.status_code)
            for word in kept:
                assert word not in answer.text, (method, path, body, answer.text)
    assert statuses >= {200, 403, 404, 422}
    assert max(statuses) < 500


@pytest.mark.parametrize("role", ["responder", "observer"])
def test_no_stream_tells_the_room_what_it_must_not_know(
    role: str, hidden: Table, clients: dict[str, httpx.Client]
) -> None:
    told = ""
    with clients[role].stream("GET", f"{hidden.api}/stream?after=0") as stream:
        for line in stream.iter_lines():
            told += line
            if "incident.acknowledged" in line:
                break
    assert "inject.delivered" in told
    assert SECRET not in told
    assert OF_OBSERVERS not in told


def test_the_facilitator_reads_what_the_room_does_not(hidden: Table) -> None:
    page = hidden.page(hidden.facilitator, "facilitate")
    assert page.count(SECRET) > 10
    assert OF_OBSERVERS in hidden.page(hidden.observer, "observe")
