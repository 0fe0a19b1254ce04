"""How an incident stands, as JSON and in the stream: the service's clock, and load windows for everybody."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from posting import assert_problem, event, new_drill, new_name

from scoring.api import feed as feed_module
from scoring.api.feed import Feed
from scoring.timeline import Window


def test_the_clocks_are_the_services(facilitator: httpx.Client, responder: httpx.Client) -> None:
    name = new_name("desk")
    began_at = datetime.now(UTC) - timedelta(seconds=10)
    facilitator.post("/api/v1/drills", json=new_drill(name, started_at=began_at.isoformat(), clock=60))
    paged = event("alert.firing", at=(began_at + timedelta(seconds=4)).isoformat(), labels={"alertname": "A"})
    facilitator.post(f"/api/v1/drills/{name}/events", json=paged)
    before = datetime.now(UTC)
    desk = responder.get(f"/api/v1/drills/{name}/desk").json()
    now = datetime.fromisoformat(desk["now"])
    assert before <= now <= datetime.now(UTC)
    clocks = {clock["id"]: clock for clock in desk["clocks"]}
    assert list(clocks) == [
        *("acknowledge", "classify", "first_update", "next_update", "mitigate", "hold", "resolve", "review.review")
    ]
    assert clocks["acknowledge"]["used_s"] == pytest.approx(((now - began_at).total_seconds() - 4) * 60, abs=0.01)
    assert (desk["page"]["title"], desk["acknowledged"], desk["clock"]) == ("A", None, 60)
    facilitator.post(f"/api/v1/drills/{name}/end", json={"ended_at": now.isoformat()})
    assert_problem(responder.get("/api/v1/drills/nobody/desk"), 404, "nobody")


def test_what_another_process_wrote_is_read_too(other_server: Any) -> None:
    """The desk is read on from the record, not from what passed through this process."""
    from scoring.record.engine import open_engine
    from scoring.record.store import Store
    from scoring.timeline import Event

    with other_server.as_("facilitator") as client:
        client.post("/api/v1/drills", json=new_drill("elsewhere"))
        assert client.get("/api/v1/drills/elsewhere/desk").json()["page"] is None
        engine = open_engine(Path(other_server.database))
        told = Event.model_validate(event("alert.firing", labels={"alertname": "B"}))
        Store(engine).append("elsewhere", [told], datetime.now(UTC))
        engine.dispose()
        assert client.get("/api/v1/drills/elsewhere/desk").json()["page"]["title"] == "B"


def test_load_windows_are_read_page_by_page(drill: str, ingest: httpx.Client, observer: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/impact"
    windows = [
        {"at": f"2026-01-05T10:00:{i:02d}Z", "requests": i, "tasks": {"GET /": {"requests": i}}} for i in range(5)
    ]
    ingest.post(url, json=windows)
    first = observer.get(url, params={"limit": 3}).json()
    assert [each["requests"] for each in first["windows"]] == [0, 1, 2]
    rest = observer.get(url, params={"after": first["next"]}).json()
    assert ([each["requests"] for each in rest["windows"]], rest["next"]) == ([3, 4], 5)
    assert "tasks" not in rest["windows"][0]
    assert observer.get(url, params={"after": 5}).json() == {"windows": [], "next": 5}
    assert_problem(observer.get(url, params={"after": -1}), 422)


@pytest.mark.parametrize("role", ["observer", "responder", "facilitator"])
def test_load_windows_come_with_the_stream(
    role: str, drill: str, clients: dict[str, httpx.Client], ingest: httpx.Client
) -> None:
    url = f"/api/v1/drills/{drill}"
    told: list[Any] = []
    with clients[role].stream("GET", f"{url}/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        ingest.post(f"{url}/impact", json=[{"at": "2026-01-05T10:00:00Z", "requests": 7, "failures": 2, "p95_ms": 9}])
        name = ""
        for line in lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("id: "):
                assert name != "window", "a window moves nobody's position"
            elif line.startswith("data: ") and name == "window":
                told = json.loads(line.removeprefix("data: "))["windows"]
                break
    assert [(each["requests"], each["failures"], each["p95_ms"]) for each in told] == [(7, 2, 9)]


def window(second: int) -> Window:
    return Window(at=datetime(2026, 1, 5, 10, 0, tzinfo=UTC) + timedelta(seconds=second), requests=second)


def test_a_feed_keeps_few_windows_and_says_when_some_were_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_LONGEST_BATCH", 3)
    feed = Feed()
    assert feed.windows_after(0) == b""
    feed.push_windows([window(1), window(2)])
    feed.push_windows([window(3)])
    assert feed.windows_after(0).count(b"event: window") == 2
    assert b'"requests":3' in feed.windows_after(1)
    assert b'"requests":1' not in feed.windows_after(1)
    feed.push_windows([window(second) for second in range(4, 9)])
    assert b"missed" in feed.windows_after(2)
    for second in range(500):
        feed.push_windows([window(second)])
    assert feed.windows_after(0).count(b"data:") == 1
    assert b"missed" in feed.windows_after(0)
