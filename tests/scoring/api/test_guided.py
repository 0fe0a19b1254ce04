"""Guided drills: a hint is withheld until somebody pays for it, and pays once; breaks are a responder's to take."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from posting import assert_problem, event, new_drill, new_name

TEXTS = ["look at the zebra", "run the okapi", "it is the gnu", "feed the yak"]
HINTS = [{"text": text, "cost": cost} for text, cost in zip(TEXTS, (2, 4, 6, 10), strict=True)]


@pytest.fixture
def guided(ingest: httpx.Client) -> Iterator[str]:
    """The address of a running drill with hints."""
    name = new_name("guided")
    told = new_drill(name)
    told["truth"] = {**told["truth"], "hints": HINTS}
    assert ingest.post("/api/v1/drills", json=told).status_code == 201
    yield f"/api/v1/drills/{name}"
    ingest.post(f"/api/v1/drills/{name}/end", json={"ended_at": "2026-01-05T11:00:00Z"})


def told_by(client: httpx.Client, url: str) -> str:
    """All that somebody can read of a drill."""
    page = f"/drills/{url.rpartition('/')[2]}"
    paths = [url, f"{url}/events", f"{url}/timeline", f"{url}/hints", "/api/v1/drills?running=true", page]
    return "".join(client.get(path).text for path in paths)


def test_a_hint_is_told_when_it_is_paid_for_and_not_before(
    guided: str, responder: httpx.Client, observer: httpx.Client, facilitator: httpx.Client
) -> None:
    asked = responder.get(f"{guided}/hints").json()
    assert asked == {"guided": True, "taken": [], "left": 4, "next": {"level": 1, "cost": 2}}
    for number, text in enumerate(TEXTS):
        for client in (responder, observer):
            seen = told_by(client, guided)
            assert [each for each in TEXTS if each in seen] == TEXTS[:number]
        answer = responder.post(f"{guided}/hints")
        assert answer.status_code == 201
        assert (answer.json()["level"], answer.json()["text"]) == (number + 1, text)
    assert responder.get(f"{guided}/hints").json()["next"] is None
    assert_problem(responder.post(f"{guided}/hints"), 409, "all 4 hints were taken")
    assert TEXTS[3] in facilitator.get(guided).text


def test_what_it_costs_is_on_the_timeline(guided: str, responder: httpx.Client, observer: httpx.Client) -> None:
    responder.post(f"{guided}/hints")
    responder.post(f"{guided}/hints", json={})
    found = observer.get(f"{guided}/events").json()["events"]
    assert [(each["kind"], each["data"]["cost"], each["data"]["who"]) for each in found] == [
        ("hint.taken", 2.0, "responder"),
        ("hint.taken", 4.0, "responder"),
    ]


def test_a_hint_that_is_asked_for_by_its_level_counts_once(guided: str, responder: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: responder.post(f"{guided}/hints", json={"level": 1}), range(4)))
    assert {answer.json()["text"] for answer in answers} == {TEXTS[0]}
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert responder.get(f"{guided}/hints").json()["left"] == 3


def test_hints_come_in_their_order(guided: str, responder: httpx.Client) -> None:
    assert_problem(responder.post(f"{guided}/hints", json={"level": 2}), 422, "hint 1 comes next, not 2", "#/level")
    assert_problem(responder.post(f"{guided}/hints", json={"level": 9}), 422, "there are 4", "#/level")
    assert_problem(responder.post(f"{guided}/hints", json={"level": 0}), 422, where="#/level")


def test_nobody_skips_a_hint_by_writing_that_it_was_taken(guided: str, responder: httpx.Client) -> None:
    for level in (1, 2, 3):
        forged = event("hint.taken", key=f"hint/{level}", level=level, text="", cost=0)
        assert responder.post(f"{guided}/events", json=forged).status_code == 201
    assert responder.post(f"{guided}/hints").json()["level"] == 1


def test_a_drill_without_hints_says_so(drill: str, responder: httpx.Client) -> None:
    url = f"/api/v1/drills/{drill}"
    assert responder.get(f"{url}/hints").json() == {"guided": False, "taken": [], "left": 0, "next": None}
    assert_problem(responder.post(f"{url}/hints"), 404, "it is not a guided one")
    assert_problem(responder.post(f"{url}/clock/stop"), 403, "the clock is the facilitator's")


def test_observers_and_tools_take_no_hint(guided: str, observer: httpx.Client, ingest: httpx.Client) -> None:
    for client in (observer, ingest):
        assert_problem(client.post(f"{guided}/hints"), 403, "facilitator or responder")
        assert_problem(client.post(f"{guided}/clock/stop"), 403, "facilitator or responder")


def test_a_responder_of_a_guided_drill_takes_a_break(
    guided: str, responder: httpx.Client, observer: httpx.Client
) -> None:
    assert responder.post(f"{guided}/clock/stop", json={"reason": "a word with the trainer"}).status_code == 201
    assert responder.post(f"{guided}/clock/start").status_code == 201
    found = observer.get(f"{guided}/events").json()["events"]
    assert [(each["kind"], each["data"].get("reason")) for each in found] == [
        ("clock.stopped", "a word with the trainer"),
        ("clock.started", None),
    ]


def test_after_its_end_there_is_nothing_to_take_and_all_to_read(
    guided: str, responder: httpx.Client, ingest: httpx.Client
) -> None:
    responder.post(f"{guided}/hints")
    ingest.post(f"{guided}/end", json={"ended_at": "2026-01-05T11:00:00Z"})
    assert_problem(responder.post(f"{guided}/hints"), 409, "the drill has ended")
    assert_problem(responder.post(f"{guided}/clock/start"), 409, "the drill has ended")
    assert responder.post(f"{guided}/hints", json={"level": 1}).status_code == 200
    truth: dict[str, Any] = responder.get(guided).json()["truth"]
    assert [each["text"] for each in truth["hints"]] == TEXTS


def test_a_hint_costs_no_more_than_there_is(ingest: httpx.Client) -> None:
    told = new_drill(new_name("dear"))
    told["truth"] = {**told["truth"], "hints": [{"text": "all of it", "cost": 101}]}
    assert_problem(ingest.post("/api/v1/drills", json=told), 422, where="#/truth/hints/0/cost")
