"""The process: what happens when it is killed, when its disk fills up, when a row was bent."""

import resource
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from posting import assert_problem, event, new_drill


def test_killed_in_mid_drill_it_loses_nothing_and_resumes(other_server: Any) -> None:
    """The scorecard of a running drill is the same before and after: it is made of the record."""
    url = "/api/v1/drills/d"
    with other_server.as_("ingest") as client:
        client.post("/api/v1/drills", json=new_drill("d"))
        client.put(f"{url}/baseline", json={"requests_per_s": 50})
        kept = [client.post(f"{url}/events", json=event("role.assigned", n=i)).json() for i in range(20)]
        client.post(f"{url}/impact", json=[{"at": "2026-01-05T10:00:00Z", "requests": 5}])
    with other_server.as_("facilitator") as client:
        card = client.get(f"{url}/scorecard").text
    other_server.kill(signal.SIGKILL)
    other_server.start()
    with other_server.as_("facilitator") as client:
        assert client.get(f"{url}/scorecard").text == card
        timeline = client.get(f"{url}/timeline").json()
        assert [e["hash"] for e in timeline["events"]] == [answer["hash"] for answer in kept]
        assert timeline["baseline"]["requests_per_s"] == 50
        assert len(timeline["impact"]) == 1
        assert client.post(f"{url}/events", json=event("drill.ended")).json()["seq"] == 21


def test_a_bent_record_is_noticed_and_named_to_the_facilitator(other_server: Any) -> None:
    """Not to others while the drill runs: the name of the event would tell them what was done."""
    url = "/api/v1/drills/bent"
    with other_server.as_("facilitator") as client, other_server.as_("observer") as observer:
        client.post("/api/v1/drills", json=new_drill("bent"))
        client.post(
            f"{url}/events/batch", json=[event("fault.injected", key=f"connection-exhaustion-{i}") for i in (1, 2)]
        )
        with sqlite3.connect(other_server.database) as database:
            for [trigger] in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {trigger}")
            assert (
                database.execute("UPDATE event SET source = 'bent' WHERE drill_id = 'bent' AND seq = 2").rowcount == 1
            )
        database.close()
        for path in ("timeline", "verify"):
            assert_problem(client.get(f"{url}/{path}"), 409, "event 2 of drill bent (fault.injected")
            hidden = observer.get(f"{url}/{path}")
            assert_problem(hidden, 409, "its facilitator sees where")
            assert "fault" not in hidden.text
        assert_problem(client.get(f"{url}/scorecard"), 409, "event 2")
        assert client.get(url).status_code == 200


def test_a_disk_that_fills_up_is_told_and_keeps_what_was_acknowledged(server: Any, tmp_path: Path) -> None:
    small = type(server)(tmp_path / "small.db", full_disk(600_000))
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
