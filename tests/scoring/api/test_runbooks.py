"""Runbooks of a drill over HTTP: who gives them, who reads them, and how many they may be."""

from typing import Any

import httpx
import pytest
from posting import ROLES, assert_problem

from scoring.desk.runbooks import LONGEST_RUNBOOK, MOST_RUNBOOKS, MOST_TEXT

DISK = {"address": "books/disk.md", "text": "# The disk is full\n\nLook at it.\n"}
POOL = {"address": "books/pool.md", "text": "## Mitigate\n"}
LISTED = [
    {"number": 1, "address": "books/disk.md", "title": "The disk is full"},
    {"number": 2, "address": "books/pool.md", "title": "books/pool.md"},
]


@pytest.fixture
def url(drill: str) -> str:
    return f"/api/v1/drills/{drill}/runbooks"


def test_whoever_opens_a_drill_gives_it_its_runbooks_and_everybody_reads_them(
    url: str, clients: dict[str, httpx.Client]
) -> None:
    for role in ("ingest", "facilitator"):
        given = clients[role].put(url, json=[DISK, POOL])
        assert (given.status_code, given.json()) == (200, {"runbooks": LISTED})
    for role in ROLES:
        assert clients[role].get(url).json() == {"runbooks": LISTED}
        assert clients[role].get(f"{url}/1").json() == {**LISTED[0], "text": DISK["text"]}


@pytest.mark.parametrize("role", ["responder", "observer"])
def test_nobody_else_gives_any(role: str, url: str, clients: dict[str, httpx.Client]) -> None:
    assert_problem(clients[role].put(url, json=[DISK]), 403, "facilitator or ingest")
    assert clients[role].get(url).json() == {"runbooks": []}


def test_without_a_token_nobody_reads_any(url: str, stranger: httpx.Client) -> None:
    for path in (url, f"{url}/1"):
        assert_problem(stranger.get(path), 401)


def test_what_is_not_there_is_said(url: str, ingest: httpx.Client) -> None:
    assert_problem(ingest.get(f"{url}/1"), 404, "has no runbook 1")
    assert_problem(ingest.get(f"{url}/0"), 422, "number")
    for answer in (
        ingest.put("/api/v1/drills/nowhere/runbooks", json=[DISK]),
        ingest.get("/api/v1/drills/nowhere/runbooks"),
        ingest.get("/api/v1/drills/nowhere/runbooks/1"),
    ):
        assert_problem(answer, 404, "there is no drill 'nowhere'")


@pytest.mark.parametrize(
    ("books", "said", "where"),
    [
        (DISK, "list", "#"),
        ([{"text": "x"}], "required", "#/0/address"),
        ([{"address": "", "text": "x"}], "at least 1", "#/0/address"),
        ([{"address": "a", "text": "x" * (LONGEST_RUNBOOK + 1)}], f"at most {LONGEST_RUNBOOK}", "#/0/text"),
        ([DISK, {**POOL, "address": DISK["address"]}], "two runbooks have the address 'books/disk.md'", "#"),
        ([{"address": str(n), "text": ""} for n in range(MOST_RUNBOOKS + 1)], f"at most {MOST_RUNBOOKS}", "#"),
        (
            [{"address": str(n), "text": "x" * LONGEST_RUNBOOK} for n in range(MOST_TEXT // LONGEST_RUNBOOK + 1)],
            "a drill carries 4,000,000 at most",
            "#",
        ),
    ],
    ids=["no-list", "no-address", "blank-address", "long", "twice", "many", "much"],
)
def test_what_cannot_be_kept_is_refused_whole(
    books: Any, said: str, where: str, url: str, ingest: httpx.Client
) -> None:
    ingest.put(url, json=[POOL])
    assert_problem(ingest.put(url, json=books), 422, said, where)
    assert [each["address"] for each in ingest.get(url).json()["runbooks"]] == ["books/pool.md"]


def test_as_much_as_a_drill_carries_is_taken(url: str, ingest: httpx.Client) -> None:
    length = MOST_TEXT // MOST_RUNBOOKS
    books = [{"address": f"books/{n}.md", "text": "x" * length} for n in range(MOST_RUNBOOKS)]
    assert len(ingest.put(url, json=books).json()["runbooks"]) == MOST_RUNBOOKS


def test_a_drill_that_has_ended_keeps_them(drill: str, url: str, clients: dict[str, httpx.Client]) -> None:
    clients["ingest"].put(url, json=[DISK])
    clients["ingest"].post(f"/api/v1/drills/{drill}/end", json={"ended_at": "2026-01-05T10:10:00Z"})
    assert clients["responder"].get(f"{url}/1").json()["title"] == "The disk is full"
