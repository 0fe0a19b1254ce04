"""What a person has practised is for facilitators and for that person: over the API and on the pages alike."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from posting import RECORDED, assert_problem, new_drill, new_name

NAME = "Mary Jackson"
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def played(clients: dict[str, httpx.Client]) -> str:
    """A recorded drill of hers that has ended, and is in the history."""
    recorded, name = orjson.loads(RECORDED.read_bytes()), new_name("hers")
    client = clients["ingest"]
    opened = new_drill(name, started_at=recorded["drill"]["started_at"], people=[NAME])
    assert client.post("/api/v1/drills", json=opened).status_code == 201
    client.put(f"/api/v1/drills/{name}/baseline", json=recorded["baseline"])
    client.post(f"/api/v1/drills/{name}/impact", json=recorded["impact"])
    told = [each for each in recorded["events"] if each["kind"] != "drill.ended"]
    assert client.post(f"/api/v1/drills/{name}/events/batch", json=told).status_code == 201
    client.post(f"/api/v1/drills/{name}/end", json={"ended_at": recorded["drill"]["ended_at"]})
    deadline = time.monotonic() + PATIENCE_S
    while clients["facilitator"].get("/api/v1/people/mary-jackson/training").status_code != 200:
        assert time.monotonic() < deadline, "the drill did not reach the history"
        time.sleep(0.02)
    return name


@pytest.fixture
def hers(server: Any, facilitator: httpx.Client) -> Iterator[httpx.Client]:
    """Somebody with a responder's token that was made out to her."""
    told = {"role": "responder", "name": NAME, "person": "mary-jackson"}
    secret = facilitator.post("/api/v1/tokens", json=told).json()["secret"]
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {secret}"}, timeout=10) as client:
        yield client


def test_a_person_reads_her_own_record_and_nobody_elses(
    played: str, hers: httpx.Client, facilitator: httpx.Client, responder: httpx.Client
) -> None:
    record = hers.get("/api/v1/people/mary-jackson/training").json()
    assert [each["drill_id"] for each in record["drills"]] == [played]
    assert record == facilitator.get("/api/v1/people/mary-jackson/training").json()
    states = {each["id"]: each["state"] for each in record["requirements"]}
    assert states["responded"] == "met"
    assert states["trained"] == "not_told"
    for path in ("/api/v1/people/mary-jackson/training", "/people/mary-jackson"):
        assert_problem(responder.get(path), 403, "for facilitators")
        assert hers.get(path).status_code == 200
    assert_problem(hers.get("/api/v1/people/grace-hopper/training"), 403, "made out to that person")
    assert_problem(hers.get("/people/nobody"), 403, "made out to that person")
    assert_problem(facilitator.get("/people/nobody"), 404, "no person 'nobody'")


def test_her_page_shows_what_was_practised_and_what_is_asked(played: str, hers: httpx.Client) -> None:
    page = hers.get("/people/mary-jackson").text
    for expected in (NAME, played, "connection-exhaustion", "autonomous-dev-system § Training", "not told"):
        assert expected in page
    assert f'href="/drills/{played}"' in page


def test_who_is_due_is_the_facilitators_to_see(
    played: str, facilitator: httpx.Client, responder: httpx.Client, observer: httpx.Client
) -> None:
    facilitator.post("/api/v1/people", json={"name": "Never Played"})
    people = facilitator.get("/api/v1/training").json()["people"]
    due = {each["person"]["id"]: each for each in people}
    assert (due["never-played"]["drills"], due["never-played"]["due_at"]) == (0, None)
    assert (due["mary-jackson"]["drills"], due["mary-jackson"]["due_at"] is None) == (1, False)
    assert list(due).index("never-played") < list(due).index("mary-jackson")
    page = facilitator.get("/people").text
    assert 'href="/people/mary-jackson"' in page
    assert "never" in page
    for client in (responder, observer):
        assert_problem(client.get("/api/v1/training"), 403, "facilitator")
        assert_problem(client.get("/people"), 403, "facilitator")


def test_a_name_is_text_on_the_page(facilitator: httpx.Client) -> None:
    facilitator.put("/api/v1/people/mallory", json={"name": "<script>alert(1)</script>"})
    for path in ("/people", "/people/mallory"):
        page = facilitator.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
