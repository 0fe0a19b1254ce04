"""While a drill runs nobody but its facilitator learns what is wrong: not by any route, any page, any error."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from posting import ROLES, assert_problem, event, new_drill, new_name

from scoring.timeline import TRUTH_KINDS

KEPT_FROM = ("responder", "observer", "ingest")
SECRET = "zanzibar"
"""It is in every word of the truth and of what tells it, and nobody sends it who must not know it."""
NOTE = "quetzal: they look in the wrong place"
"""What an observer noted, and no responder may read before the end."""
BOOKS = [{"address": "books/pool.md", "text": "# The pool"}]
TRUTH = {
    "failure_mode": f"database/{SECRET}-exhaustion",
    "component": f"{SECRET}-postgres",
    "neighbours": [f"{SECRET}-api"],
    "alerts": [f"{SECRET}Exhausted"],
    "severity": {},
}


@pytest.fixture(scope="module")
def running(clients: dict[str, httpx.Client]) -> Iterator[str]:
    """A drill in full swing, on a game day, with people, an acknowledgement and a review before its time."""
    name = new_name("secret")
    url = f"/api/v1/drills/{name}"
    client = clients["ingest"]
    more = {"game_day": f"day-of-{name}", "team": "payments", "people": ["Ada Lovelace"]}
    opened = new_drill(name, truth=TRUTH, experiment=f"experiments/database/{SECRET}-exhaustion", **more)
    assert client.post("/api/v1/drills", json=opened).status_code == 201
    told = [
        event("drill.started", experiment=f"database/{SECRET}-exhaustion"),
        event("fault.injected", activity=f"hold the slots of {SECRET}", key=f"{SECRET}-1"),
        event("oracle.checked", phase="mitigated", ok=False, conditions=[{"name": SECRET, "ok": False}]),
        event("incident.acknowledged"),
        event("incident.declared", severity="SEV-2"),
        event("review.filed", parts={"action_items": "1. [P1] Watch the pool"}),
        event("observation.noted", by="Grace", text=NOTE),
        event("fault.reverted", activity=f"let the slots of {SECRET} go"),
        event("fault.ordered", failure_mode=f"database/{SECRET}-exhaustion"),
        event("inject.answered", inject="1", action=f"look at {SECRET}", met=True),
    ]
    assert client.post(f"{url}/events/batch", json=told).status_code == 201
    assert client.put(f"{url}/baseline", json={"services": [SECRET]}).status_code == 200
    assert client.post(f"{url}/impact", json=[{"at": "2026-01-05T10:00:00Z", "requests": 5}]).status_code == 201
    assert client.put(f"{url}/runbooks", json=BOOKS).status_code == 200
    yield name
    client.post(f"{url}/end", json={"ended_at": "2026-01-05T10:10:00Z"})


SEATS = ("respond", "facilitate", "observe")
PLACES = {"name": "llm-research-lab", "person_id": "ada-lovelace", "item_id": "0", "token_id": "0", "number": "1"}
BODIES = [
    None,
    {},
    [],
    {"ended_at": "2026-01-05T09:00:00Z"},
    event("incident.declared", severity="SEV-9"),
    event("fault.injekted"),
    [event("incident.acknowledged", key="k")],
    new_drill("", clock=7),
]


def requests(document: dict[str, Any], drill: str) -> Iterator[tuple[str, str, Any]]:
    """Each operation of the service for this drill: as it is meant to be called, and badly. None that ends it."""
    for path, operations in document["paths"].items():
        places = {"drill_id": drill, **PLACES}
        if "game-days" in path:
            places["name"] = f"day-of-{drill}"
        address = path.replace("{name:path}", "{name}").format(**places)
        if address.endswith("/stream"):
            continue
        for method in operations:
            bodies = [None] if method in ("get", "delete") else BODIES
            for body in bodies:
                yield method, address, {**body, "id": drill} if isinstance(body, dict) and "truth" in body else body
        yield "get", address, None
        yield "patch", address, None
        yield "get", f"{address}?after=0&limit=1000&playbook=llm-research-lab&by=drill&open=false&game_day=x", None


def test_no_route_and_no_error_tells_the_truth(running: str, clients: dict[str, httpx.Client]) -> None:
    document = clients["observer"].get("/openapi.json").json()
    asked = list(requests(document, running))
    assert {path for _, path, _ in asked} >= {
        f"/api/v1/drills/{running}/archive",
        f"/api/v1/drills/{running}/runbooks/1",
        "/api/v1/leaderboard",
    }
    statuses = set()
    for role in KEPT_FROM:
        for method, path, body in asked:
            answer = clients[role].request(method, path, json=body)
            assert SECRET not in answer.text, (role, method, path, body, answer.text)
            statuses.add(answer.status_code)
    assert statuses >= {200, 403, 404, 405, 409, 422}
    assert max(statuses) < 500


@pytest.mark.parametrize("role", KEPT_FROM)
def test_no_page_tells_the_truth(role: str, running: str, clients: dict[str, httpx.Client]) -> None:
    client = clients[role]
    clients["ingest"].put(f"/api/v1/drills/{running}/runbooks", json=BOOKS)  # another test may have given an empty list
    assert "The pool" in client.get(f"/drills/{running}/runbooks/1").text
    seats = [f"/drills/{running}/{seat}" for seat in (*SEATS, "status", "review", "runbooks", "runbooks/1")]
    files = [f"/drills/{running}/review.{kind}" for kind in ("md", "html", "pdf")]
    own = (
        "/",
        f"/drills/{running}",
        f"/drills/{running}?after=2",
        "/history",
        "/people/ada-lovelace",
        "/items",
        "/nowhere",
    )
    for path in (*own, *seats, *files):
        for accept in ("text/html", "*/*"):
            answer = client.get(path, headers={"Accept": accept})
            assert SECRET not in answer.text, (path, answer.text)


@pytest.mark.parametrize("role", KEPT_FROM)
def test_no_form_of_a_page_tells_the_truth(role: str, running: str, clients: dict[str, httpx.Client]) -> None:
    """Sent empty and sent badly; most are refused, and what is refused shows the page again."""
    forms = {
        "respond": ("acknowledge", "declare", "assign", "update", "escalate", "diagnose", "act", "resolve", "review"),
        "facilitate": ("stop", "start", "advance", "inject", "order", "abort", "note"),
        "observe": ("note",),
    }
    bad = {"severity": "SEV-9", "failure_mode": "x", "item.0.owner": "x", "mark": "Z", "to": "x"}
    paths = [f"/drills/{running}/{seat}/{name}" for seat, names in forms.items() for name in names]
    for path in (*paths, f"/drills/{running}/review"):
        for fields in ({}, {"do": "file"}, bad):
            answer = clients[role].post(path, data=fields, headers={"Accept": "text/html"})
            assert answer.status_code < 500, (path, answer.text)
            assert SECRET not in answer.text, (path, answer.text)


def test_what_observers_note_is_theirs_and_the_facilitators(running: str, clients: dict[str, httpx.Client]) -> None:
    assert NOTE in clients["facilitator"].get(f"/drills/{running}/facilitate").text
    assert NOTE in clients["observer"].get(f"/drills/{running}/observe").text
    for path in ("respond", "review", "status", ""):
        assert NOTE not in clients["responder"].get(f"/drills/{running}/{path}".rstrip("/")).text
    for path in ("events", "timeline", "desk"):
        assert NOTE not in clients["responder"].get(f"/api/v1/drills/{running}/{path}").text


def test_the_facilitator_sees_what_the_others_do_not(running: str, clients: dict[str, httpx.Client]) -> None:
    url = f"/api/v1/drills/{running}"
    client = clients["facilitator"]
    assert client.get(url).json()["truth"]["component"] == TRUTH["component"]
    assert client.get(f"{url}/scorecard").status_code == 200
    assert "fault.injected" in client.get(f"{url}/timeline").text
    assert SECRET in client.get(f"/drills/{running}").text
    assert SECRET in client.get(f"/drills/{running}/facilitate").text
    assert SECRET not in client.get(f"/drills/{running}/respond").text, "it is what a responder sees"
    for role in KEPT_FROM:
        assert_problem(clients[role].get(f"{url}/scorecard"), 403, "once the drill has ended")
        assert_problem(clients[role].get(f"{url}/archive"), 403, "once the drill has ended")
        seen = clients[role].get(url).json()
        assert (seen["truth"], seen["experiment"], seen["events"]) == (None, None, None)
        [started, *others] = clients[role].get(f"{url}/events").json()["events"]
        assert (started["kind"], started["data"]) == ("drill.started", {})
        kinds = {each["kind"] for each in others}
        assert kinds >= {"incident.acknowledged", "incident.declared", "review.filed"}
        assert not kinds & TRUTH_KINDS


def test_with_its_end_the_truth_is_everybodys(clients: dict[str, httpx.Client]) -> None:
    name = new_name("ended")
    url = f"/api/v1/drills/{name}"
    clients["ingest"].post("/api/v1/drills", json=new_drill(name))
    clients["ingest"].post(f"{url}/events", json=event("fault.injected"))
    clients["ingest"].post(f"{url}/end", json={"ended_at": "2026-01-05T10:10:00Z"})
    for role in ROLES:
        assert clients[role].get(url).json()["truth"]["component"] == "postgres"
        assert clients[role].get(f"{url}/scorecard").status_code == 200
        assert "fault.injected" in clients[role].get(f"{url}/timeline").text
