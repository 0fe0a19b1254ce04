"""The service as its clients meet it: a real process, real HTTP, a real database file."""

import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from scoring.files import read_timeline, score_file
from scoring.ingest.prometheus import fingerprint

RECORDED = Path(__file__).parent / "recorded" / "connection-exhaustion.timeline.json"
NUMBERS = count()


@pytest.fixture
def facilitator(server: Any) -> Iterator[httpx.Client]:
    with server.as_("facilitator") as client:
        yield client


@pytest.fixture
def ingest(server: Any) -> Iterator[httpx.Client]:
    with server.as_("ingest") as client:
        yield client


@pytest.fixture
def responder(server: Any) -> Iterator[httpx.Client]:
    with server.as_("responder") as client:
        yield client


@pytest.fixture
def drill(ingest: httpx.Client) -> Iterator[str]:
    """A running drill; ended afterwards, so that it takes no alerts of others."""
    name = f"drill-{next(NUMBERS)}"
    assert ingest.post("/api/v1/drills", json=new_drill(name)).status_code == 201
    yield name
    ingest.post(f"/api/v1/drills/{name}/end", json={"ended_at": "2026-01-05T11:00:00Z"})


def new_drill(name: str, **changed: Any) -> dict[str, Any]:
    recorded = orjson.loads(RECORDED.read_bytes())
    told = {name: recorded["drill"][name] for name in ("clock", "playbook", "experiment", "responder", "started_at")}
    return {"id": name, "truth": recorded["truth"], **told, **changed}


def event(kind: str, at: str = "2026-01-05T10:00:05Z", key: str | None = None, **data: Any) -> dict[str, Any]:
    return {"kind": kind, "occurred_at": at, "source": "test", "data": data, "key": key}


def assert_problem(answer: httpx.Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert said in body["detail"]
    assert body["instance"].startswith("/")


def test_a_drill_sent_piece_by_piece_scores_like_its_file(ingest: httpx.Client, facilitator: httpx.Client) -> None:
    recorded = orjson.loads(RECORDED.read_bytes())
    name = recorded["drill"]["id"]
    assert ingest.post("/api/v1/drills", json=new_drill(name)).status_code == 201
    assert ingest.put(f"/api/v1/drills/{name}/baseline", json=recorded["baseline"]).status_code == 200
    for start in range(0, len(recorded["events"]), 20):
        batch = recorded["events"][start : start + 20]
        assert ingest.post(f"/api/v1/drills/{name}/events/batch", json=batch).status_code == 201
    assert ingest.post(f"/api/v1/drills/{name}/impact", json=recorded["impact"]).json() == {
        "new": len(recorded["impact"])
    }
    assert ingest.post(f"/api/v1/drills/{name}/impact", json=recorded["impact"][-3:]).json() == {"new": 0}
    card = facilitator.get(f"/api/v1/drills/{name}/scorecard")
    assert card.text == score_file(RECORDED).to_json()


def test_an_exported_timeline_scores_the_same_without_any_service(
    drill: str, ingest: httpx.Client, facilitator: httpx.Client, tmp_path: Path
) -> None:
    ingest.post(f"/api/v1/drills/{drill}/events", json=event("fault.injected"))
    ingest.post(f"/api/v1/drills/{drill}/events", json=event("drill.ended", "2026-01-05T10:01:05Z"))
    path = tmp_path / "timeline.json"
    path.write_bytes(facilitator.get(f"/api/v1/drills/{drill}/timeline").content)
    assert len(read_timeline(path).events) == 2
    assert score_file(path).to_json() == facilitator.get(f"/api/v1/drills/{drill}/scorecard").text


def test_a_retry_with_the_same_key_is_the_same_event(drill: str, ingest: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    first, again = (ingest.post(url, json=event("fault.injected", key="k")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert_problem(ingest.post(url, json=event("fault.reverted", key="k")), 409, "key 'k'")
    assert len(ingest.get(url).json()["events"]) <= 1


def test_a_batch_is_kept_whole_or_not_at_all(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    ingest.post(url, json=event("fault.injected", key="k"))
    answer = ingest.post(f"{url}/batch", json=[event("role.assigned"), event("fault.reverted", key="k")])
    assert_problem(answer, 409, "key 'k'")
    assert [e["kind"] for e in facilitator.get(url).json()["events"]] == ["fault.injected"]


def test_events_are_read_on_from_a_cursor(drill: str, ingest: httpx.Client, facilitator: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    ingest.post(f"{url}/batch", json=[event("role.assigned", role=str(i)) for i in range(5)])
    page = facilitator.get(url, params={"limit": 3}).json()
    rest = facilitator.get(url, params={"after": page["next"]}).json()
    assert [e["data"]["role"] for e in page["events"] + rest["events"]] == list("01234")
    assert facilitator.get(url, params={"after": rest["next"]}).json() == {"events": [], "next": rest["next"]}


def test_a_running_drill_keeps_its_truth_from_all_but_the_facilitator(
    drill: str, ingest: httpx.Client, responder: httpx.Client, facilitator: httpx.Client
) -> None:
    url = f"/api/v1/drills/{drill}"
    started = event("drill.started", experiment="database/connection-exhaustion")
    check = event("oracle.checked", phase="mitigated", ok=False)
    injected = event("fault.injected", activity="hold the slots of postgres")
    ingest.post(f"{url}/events/batch", json=[started, injected, check, event("incident.acknowledged")])
    for client in (responder, ingest):
        assert_problem(client.get(f"{url}/scorecard"), 403, "once the drill has ended")
        seen = "".join(client.get(path).text for path in (url, f"{url}/timeline", f"{url}/events"))
        for secret in ("connection-exhaustion", "DatabaseConnectionsExhausted", "postgres", "oracle.checked"):
            assert secret not in seen
        listed = {entry["id"]: entry for entry in client.get("/api/v1/drills").json()["drills"]}
        assert (listed[drill]["experiment"], listed[drill]["truth"]) == (None, None)
        assert client.get(url).json()["truth"] is None
    assert facilitator.get(url).json()["truth"]["component"] == "postgres"
    ingest.post(f"{url}/end", json={"ended_at": "2026-01-05T10:10:00Z"})
    assert responder.get(url).json()["truth"]["component"] == "postgres"
    assert responder.get(f"{url}/scorecard").status_code == 200


def test_each_token_opens_its_own_doors(drill: str, server: Any, responder: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}/events"
    assert responder.post(url, json=event("incident.acknowledged")).status_code == 201
    assert_problem(responder.post(url, json=event("fault.reverted")), 403, "cannot write fault.reverted")
    assert_problem(responder.post("/api/v1/drills", json=new_drill("mine")), 403, "facilitator or ingest")
    assert_problem(responder.post("/api/v2/alerts", json=[]), 403, "facilitator or ingest")
    stranger = httpx.get(f"{server.url}/api/v1/drills", headers={"Authorization": "Bearer guess"})
    assert_problem(stranger, 401, "Authorization: Bearer")
    assert stranger.headers["www-authenticate"] == "Bearer"
    assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}


def pushed(started_at: datetime, ends_at: datetime, **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": "SlotsExhausted", "severity": "critical", **labels},
        "annotations": {"summary": str(ends_at)},
        "startsAt": started_at.isoformat(),
        "endsAt": ends_at.isoformat(),
        "generatorURL": "http://127.0.0.1/graph",
    }


def test_pushed_alerts_are_recognised_when_they_come_again(
    drill: str, ingest: httpx.Client, facilitator: httpx.Client
) -> None:
    now = datetime.now(UTC)
    fired, ahead = now - timedelta(seconds=30), now + timedelta(minutes=4)
    for ends in (ahead, ahead + timedelta(minutes=1)):
        assert ingest.post("/api/v2/alerts", json=[pushed(fired, ends)]).json()["drills"] >= 1
    ingest.post("/api/v2/alerts", json=[pushed(fired, now - timedelta(seconds=1))])
    ingest.post("/api/v2/alerts", json=[pushed(now, ahead)])
    events = facilitator.get(f"/api/v1/drills/{drill}/events").json()["events"]
    assert [e["kind"] for e in events] == ["alert.firing", "alert.resolved", "alert.firing"]
    assert datetime.fromisoformat(events[0]["occurred_at"]) == fired
    assert events[0]["data"]["labels"]["severity"] == "critical"
    assert events[0]["data"]["fingerprint"] == events[2]["data"]["fingerprint"]


def test_an_alert_that_was_over_before_the_drill_is_none_of_its_events(
    drill: str, ingest: httpx.Client, facilitator: httpx.Client
) -> None:
    began = datetime.fromisoformat(facilitator.get(f"/api/v1/drills/{drill}").json()["started_at"])
    over = pushed(began - timedelta(minutes=2), began - timedelta(minutes=1))
    still_on = pushed(began - timedelta(minutes=2), began + timedelta(minutes=1), pod="other")
    ingest.post("/api/v2/alerts", json=[over, still_on])
    events = facilitator.get(f"/api/v1/drills/{drill}/events").json()["events"]
    assert {e["data"]["labels"].get("pod") for e in events} == {"other"}


def test_a_fingerprint_is_the_one_that_prometheus_gives() -> None:
    """For no labels that is FNV-1a's offset; names and values cannot run into each other."""
    assert fingerprint({}) == "cbf29ce484222325"
    assert fingerprint({"a": "b", "c": "d"}) == fingerprint({"c": "d", "a": "b"})
    assert fingerprint({"a": "bc"}) != fingerprint({"ab": "c"})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"clock": 0}, "body.clock"),
        ({"playbook": "llm-reserch-lab"}, "did you mean 'llm-research-lab'"),
        ({"playbook": "../../etc/passwd"}, "there is no playbook"),
        ({"truth": {"severity": {"llm-research-lab": "SEV1"}}}, "did you mean 'SEV-1'"),
        ({"id": "../up"}, "body.id"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "body.started_at"),
        ({"playbook_text": "name: x"}, "this field is missing"),
    ],
)
def test_a_wrong_drill_is_refused_with_its_field(changed: dict[str, Any], said: str, ingest: httpx.Client) -> None:
    assert_problem(ingest.post("/api/v1/drills", json=new_drill("wrong", **changed)), 422, said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"kind": "fault.injekted", "occurred_at": "2026-01-05T10:00:00Z"}', "body.kind"),
        (b'{"kind": "fault.injected", "occurred_at": "2026-01-05T10:00:00"}', "body.occurred_at"),
        (b'{"kind": "role.assigned", "occurred_at": "2026-01-05T10:00:00Z", "data": {"n": 1e999}}', ""),
        (b'{"kind": "role.assigned", "occurred_at": "2026-01-05T10:00:00Z", "data": {"n": "\\ud800"}}', ""),
        (b'{"kind": "role.assigned", "occurred_at": "2026-01-05T10:00:00Z", "data": {"n": 99999999999999999999}}', ""),
        (
            b'{"kind": "incident.declared", "occurred_at": "2026-01-05T10:00:00Z", "data": {"severity": "SEV1"}}',
            "no level 'SEV1'; did you mean 'SEV-1'",
        ),
    ],
)
def test_a_wrong_event_is_refused_and_nothing_breaks(
    body: bytes, said: str, drill: str, ingest: httpx.Client, facilitator: httpx.Client
) -> None:
    answer = ingest.post(f"/api/v1/drills/{drill}/events", content=body, headers={"Content-Type": "application/json"})
    if answer.status_code != 201:
        assert_problem(answer, 422, said)
    assert facilitator.get(f"/api/v1/drills/{drill}/timeline").status_code == 200


def test_what_is_not_there_and_what_is_too_much_are_problems_too(drill: str, ingest: httpx.Client) -> None:
    assert_problem(ingest.get("/api/v1/drills/nobody"), 404, "no drill 'nobody'")
    assert_problem(ingest.get("/nowhere"), 404, "")
    assert_problem(ingest.get("/api/v1/playbooks/nobody"), 404, "no playbook")
    huge = ingest.post(f"/api/v1/drills/{drill}/events", content=b" " * (17 * 1024 * 1024))
    assert_problem(huge, 413, "in parts")


def test_a_playbook_is_served_with_bare_figures(responder: httpx.Client) -> None:
    assert responder.get("/api/v1/playbooks").json() == {"playbooks": ["llm-research-lab"]}
    book = responder.get("/api/v1/playbooks/llm-research-lab").json()
    assert book["levels"][0]["id"] == "SEV-1"
    assert book["levels"][0]["sla"]["detect"] == 900


@pytest.fixture
def own_server(server: Any, tmp_path: Path) -> Iterator[Any]:
    running = type(server)(tmp_path / "own.db")
    yield running
    running.kill()


def test_killed_in_mid_drill_it_loses_nothing_and_resumes(own_server: Any) -> None:
    url = "/api/v1/drills/d"
    with own_server.as_("ingest") as client:
        client.post("/api/v1/drills", json=new_drill("d"))
        client.put(f"{url}/baseline", json={"requests_per_s": 50})
        kept = [client.post(f"{url}/events", json=event("role.assigned", n=i)).json() for i in range(20)]
        client.post(f"{url}/impact", json=[{"at": "2026-01-05T10:00:00Z", "requests": 5}])
    own_server.kill(signal.SIGKILL)
    own_server.start()
    with own_server.as_("facilitator") as client:
        timeline = client.get(f"{url}/timeline").json()
        assert [e["hash"] for e in timeline["events"]] == [answer["hash"] for answer in kept]
        assert timeline["baseline"]["requests_per_s"] == 50
        assert len(timeline["impact"]) == 1
        assert client.post(f"{url}/events", json=event("drill.ended")).json()["seq"] == 21


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE event SET occurred_at = '2026-01-05T09:00:00.000000Z' WHERE seq = 3", "was changed"),
        ("DELETE FROM event WHERE seq = 3", "breaks after 2 of 4 events"),
        ("DELETE FROM event WHERE seq = 5", "5 were acknowledged"),
        ("UPDATE load_window SET body = replace(body, '\"failures\":4', '\"failures\":0')", "load window at"),
        ("UPDATE drill SET definition = replace(definition, 'postgres', 'redis')", "definition"),
        ("UPDATE drill SET baseline = replace(baseline, '50', '5')", "baseline"),
    ],
)
def test_a_bent_row_is_noticed(tampering: str, said: str, server: Any) -> None:
    name = f"bent-{next(NUMBERS)}"
    url = f"/api/v1/drills/{name}"
    with server.as_("facilitator") as client:
        client.post("/api/v1/drills", json=new_drill(name))
        client.put(f"{url}/baseline", json={"requests_per_s": 50})
        client.post(f"{url}/impact", json=[{"at": "2026-01-05T10:00:00Z", "requests": 5, "failures": 4}])
        client.post(f"{url}/events/batch", json=[event("role.assigned", n=i) for i in range(4)])
        client.post(f"{url}/end", json={"ended_at": "2026-01-05T10:10:00Z"})
        with sqlite3.connect(server.database) as database:
            where = " AND" if "WHERE" in tampering else " WHERE"
            column = "id" if "UPDATE drill" in tampering else "drill_id"
            assert database.execute(f"{tampering}{where} {column} = '{name}'").rowcount == 1
        database.close()
        assert_problem(client.get(f"{url}/timeline"), 409, said)


def test_what_keeps_it_from_starting_is_one_line_and_exit_2(server: Any, tmp_path: Path) -> None:
    taken = server.url.removeprefix("http://")
    folder = tmp_path / "is-a-folder.db"
    folder.mkdir()
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"this is no database at all" * 100)
    tries = [
        (tmp_path / "x.db", taken, "choose another port", None),
        (folder, "127.0.0.1:0", "cannot be written", None),
        (garbage, "127.0.0.1:0", "cannot be written", None),
        (tmp_path / "full.db", "127.0.0.1:0", "cannot be written", full_disk(4096)),
    ]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "scoring", "--database", str(database), "--listen", listen],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,
        )
        for database, listen, _, limit in tries
    ]
    for process, (_, _, said, _) in zip(started, tries, strict=True):
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1


def test_a_disk_that_fills_up_is_told_and_keeps_what_was_acknowledged(server: Any, tmp_path: Path) -> None:
    small = type(server)(tmp_path / "small.db", full_disk(400_000))
    with small.as_("facilitator") as client:
        client.post("/api/v1/drills", json=new_drill("d"))
        kept = []
        for i in range(20):
            answer = client.post("/api/v1/drills/d/events", json=event("update.posted", n=i, text="x" * 50_000))
            if answer.status_code != 201:
                break
            kept.append(answer.json()["hash"])
        assert_problem(answer, 507, "try again")
        assert kept
        assert [e["hash"] for e in client.get("/api/v1/drills/d/timeline").json()["events"]] == kept
    small.kill()


def full_disk(most_bytes: int) -> Callable[[], None]:
    """For a process whose files cannot grow beyond so many bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
