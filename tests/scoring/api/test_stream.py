"""A drill as it happens: each event once, to whom it may be shown, from where a viewer was, until the end."""

import json
import queue
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.sse import KEEPALIVE_COMMENT
from posting import TOKENS, assert_problem, event, new_drill, new_name

from scoring.api import feed as feed_module
from scoring.api import viewing
from scoring.api.app import build_app
from scoring.api.auth import Role
from scoring.api.feed import Feed
from scoring.api.parts import Parts
from scoring.playbook.file import playbook_text
from scoring.record.engine import open_engine
from scoring.record.rows import Stamped
from scoring.timeline import Drill, Event, Truth

PATIENCE_S = 10.0
Told = dict[str, Any]


class Watcher:
    """Somebody who watches a drill, from a thread of their own."""

    def __init__(self, client: httpx.Client, drill: str, **headers: str) -> None:
        self.seen: queue.Queue[Told | None] = queue.Queue()
        self._opened = threading.Event()
        request = client.build_request("GET", f"/api/v1/drills/{drill}/stream", headers=headers, timeout=PATIENCE_S)
        self._thread = threading.Thread(target=self._watch, args=(client, request))
        self._thread.start()
        assert self._opened.wait(PATIENCE_S)

    def next(self, name: str = "message") -> Told:
        """The next event of this name."""
        while True:
            told = self.seen.get(timeout=PATIENCE_S)
            assert told is not None, "the stream is over"
            if told["event"] == name:
                return told

    def rest(self) -> list[Told]:
        """All until the stream is over."""
        return list(iter(lambda: self.seen.get(timeout=PATIENCE_S), None))

    def _watch(self, client: httpx.Client, request: httpx.Request) -> None:
        response = client.send(request, stream=True)
        self.status = response.status_code
        self.headers = response.headers
        self._opened.set()
        told: Told = {"event": "message"}
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            if name == "data":
                told["data"] = json.loads(value)
            elif name:
                told[name] = value
            elif "data" in told:
                self.seen.put(told)
                told = {"event": "message"}
            else:
                told = {"event": "message"}
        response.close()
        self.seen.put(None)

    def join(self) -> None:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def watch(server: Any, ingest: httpx.Client) -> Iterator[Callable[..., Watcher]]:
    """Watch a drill in a role; ended in the end, so that no watcher is left."""
    started: list[tuple[Watcher, str]] = []
    opened: list[httpx.Client] = []

    def begin(role: str, drill: str, **headers: str) -> Watcher:
        opened.append(server.as_(role))
        started.append((Watcher(opened[-1], drill, **headers), drill))
        return started[-1][0]

    yield begin
    for watcher, drill in started:
        ingest.post(f"/api/v1/drills/{drill}/end", json={"ended_at": "2026-01-05T11:00:00Z"})
        watcher.join()
    for client in opened:
        client.close()


def post(client: httpx.Client, drill: str, *events: Told) -> list[int]:
    answer = client.post(f"/api/v1/drills/{drill}/events/batch", json=list(events))
    assert answer.status_code == 201, answer.text
    return [each["seq"] for each in answer.json()]


def test_each_event_comes_once_and_in_order(drill: str, ingest: httpx.Client, watch: Callable[..., Watcher]) -> None:
    post(ingest, drill, event("role.assigned", n=1), event("role.assigned", n=2))
    watcher = watch("responder", drill)
    assert watcher.headers["content-type"].startswith("text/event-stream")
    assert watcher.headers["cache-control"] == "no-cache"
    assert [watcher.next()["data"]["data"]["n"] for _ in range(2)] == [1, 2]
    post(ingest, drill, event("role.assigned", "2026-01-05T10:00:05Z", "k", n=3), event("role.assigned", n=4))
    post(ingest, drill, event("role.assigned", n=5))
    told = [watcher.next() for _ in range(3)]
    assert [each["data"]["data"]["n"] for each in told] == [3, 4, 5]
    assert [each["id"] for each in told] == ["3", "4", "5"]
    assert told[0]["data"]["seq"] == 3


def test_what_tells_the_truth_is_not_shown(drill: str, ingest: httpx.Client, watch: Callable[..., Watcher]) -> None:
    post(ingest, drill, event("drill.started", experiment="x"), event("fault.injected"))
    watchers = {role: watch(role, drill) for role in ("observer", "facilitator")}
    assert watchers["observer"].next()["data"]["data"] == {}
    assert watchers["facilitator"].next()["data"]["data"] == {"experiment": "x"}
    post(ingest, drill, event("oracle.checked"), event("fault.reverted"), event("incident.acknowledged"))
    assert watchers["observer"].next()["id"] == "5"
    assert [watchers["facilitator"].next()["id"] for _ in range(4)] == ["2", "3", "4", "5"]
    ingest.post(f"/api/v1/drills/{drill}/end", json={"ended_at": "2026-01-05T11:00:00Z"})
    rest = watchers["observer"].rest()
    assert [each["event"] for each in rest] == ["message", "end"]
    assert rest[-1]["data"] == {"drill": drill, "ended_at": "2026-01-05T11:00:00.000000Z"}
    assert [each["event"] for each in watchers["facilitator"].rest()][-2:] == ["scorecard", "end"]


def test_the_facilitator_sees_the_scorecard_change(
    drill: str, ingest: httpx.Client, facilitator: httpx.Client, watch: Callable[..., Watcher]
) -> None:
    post(ingest, drill, event("fault.injected"))
    watcher = watch("facilitator", drill)
    first = watcher.next("scorecard")
    assert "id" not in first
    assert first["data"]["declared_severity"] is None
    post(ingest, drill, event("incident.declared", severity="SEV-2"))
    assert watcher.next("scorecard")["data"]["declared_severity"] == "SEV-2"
    ingest.post(f"/api/v1/drills/{drill}/impact", json=[{"at": "2026-01-05T10:00:00Z", "requests": 77}])
    now = facilitator.get(f"/api/v1/drills/{drill}/scorecard").json()
    assert watcher.next("scorecard")["data"] == now


def test_a_viewer_goes_on_from_where_it_was(drill: str, ingest: httpx.Client, watch: Callable[..., Watcher]) -> None:
    post(ingest, drill, *[event("role.assigned", n=n) for n in range(1, 1301)])
    back = watch("observer", drill, **{"Last-Event-ID": "1298"})
    assert [back.next()["id"] for _ in range(2)] == ["1299", "1300"]
    new = watch("observer", drill)
    assert [new.next()["id"] for _ in range(1300)] == [str(n) for n in range(1, 1301)]


def test_a_drill_that_has_ended_is_told_whole_and_then_no_more(ingest: httpx.Client, observer: httpx.Client) -> None:
    name = new_name()
    ingest.post("/api/v1/drills", json=new_drill(name))
    post(ingest, name, event("fault.injected"), event("drill.ended"))
    url = f"/api/v1/drills/{name}/stream"
    whole = observer.get(url)
    assert "fault.injected" in whole.text
    assert "event: end" in whole.text
    assert observer.get(url, headers={"Last-Event-ID": "2"}).status_code == 204
    assert_problem(observer.get(url, headers={"Last-Event-ID": "two"}), 422, "", "last-event-id")
    assert_problem(observer.get("/api/v1/drills/nobody/stream"), 404, "nobody")


def test_a_viewer_that_does_not_read_misses_nothing(
    drill: str, server: Any, ingest: httpx.Client, watch: Callable[..., Watcher]
) -> None:
    """More happens meanwhile than is kept for viewers; another one is not kept waiting by it."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    token = TOKENS["observer"]
    asked = f"GET /api/v1/drills/{drill}/stream HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    quick = watch("observer", drill)
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as slow:
        slow.sendall(asked.encode())
        assert slow.recv(64).startswith(b"HTTP/1.1 200")
        for start in range(0, 700, 100):
            told = [event("role.assigned", n=start + n, text="x" * 20_000) for n in range(100)]
            assert post(ingest, drill, *told)[-1] == start + 100
        assert [quick.next()["id"] for _ in range(700)] == [str(n) for n in range(1, 701)]
        ingest.post(f"/api/v1/drills/{drill}/end", json={"ended_at": "2026-01-05T11:00:00Z"})
        read = bytearray()
        while b"event: end" not in read[-200:]:
            read += slow.recv(2**20)
    assert seqs(bytes(read)) == list(range(1, 702))


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    """A service within this process, with a drill `d`."""
    engine = open_engine(tmp_path / "drills.db")
    app = build_app(engine, {Role.FACILITATOR: "f"})
    async with app.router.lifespan_context(app):
        found: Parts = app.state.parts
        drill = Drill(id="d", clock=60, started_at="2026-01-05T10:00:00Z", playbook="llm-research-lab")
        found.store.create(drill, Truth(), playbook_text("llm-research-lab"))
        yield found
    engine.dispose()


async def test_a_quiet_stream_shows_that_it_lives_until_its_token_is_revoked(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with each sign of life it looks whether another process has written to the record."""
    monkeypatch.setattr(viewing, "HEARTBEAT_S", 0.02)
    issued = parts.tokens.issue("observer", "a screen")
    stream = viewing.Viewer(parts, "d", truth=False, token=issued.secret).see(0)
    assert (await anext(stream)).startswith(b"retry: ")
    assert await anext(stream) == KEEPALIVE_COMMENT
    assert parts.feeds.viewers == 1
    elsewhere = Event.model_validate(event("role.assigned"))
    parts.store.append("d", [elsewhere], datetime(2026, 1, 5, 10, 1, tzinfo=UTC))
    assert seqs(await anext(stream)) == [1]
    parts.tokens.revoke(issued.id)
    parts.doorkeeper.forget()
    assert [each async for each in stream] == []
    assert parts.feeds.viewers == 0


async def test_a_viewer_who_goes_is_forgotten(parts: Parts) -> None:
    stream = viewing.Viewer(parts, "d", truth=True, token="f").see(0)
    await anext(stream)
    assert b"event: scorecard" in await anext(stream)
    assert parts.feeds.watched("d") is not None
    await stream.aclose()  # type: ignore[attr-defined]
    assert parts.feeds.watched("d") is None


def stamped(seq: int, size: int = 10) -> Stamped:
    told = event("fault.injected" if seq % 2 else "role.assigned", text="x" * size)
    return Stamped(seq, Event.model_validate(told))


def seqs(chunk: bytes) -> list[int]:
    return [int(line[4:]) for line in chunk.decode().splitlines() if line.startswith("id: ")]


def test_a_feed_is_bounded_and_sends_who_is_behind_to_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_MOST_BYTES", 4000)
    feed = Feed()
    feed.push([stamped(seq, 300) for seq in range(1, 101)])
    assert feed.after(50, truth=True) is None
    chunk, position = feed.after(97, truth=True) or (b"", 0)
    assert (seqs(chunk), position) == ([98, 99, 100], 100)
    chunk, position = feed.after(97, truth=False) or (b"", 0)
    assert (seqs(chunk), position) == ([98, 100], 100)
    assert feed.after(100, truth=True) == (b"", 100)
    feed.push([stamped(100, 300)])
    assert feed.after(100, truth=True) == (b"", 100)
    feed.push([stamped(103)])
    assert feed.after(100, truth=True) is None


def test_a_viewer_that_is_far_behind_gets_it_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_CHUNK_BYTES", 1000)
    feed = Feed()
    feed.push([stamped(seq) for seq in range(1, 51)])
    position, got = 0, []
    while position < 50:
        chunk, position = feed.after(position, truth=True) or (b"", 50)
        assert len(chunk) < 2000
        got += seqs(chunk)
    assert got == list(range(1, 51))
