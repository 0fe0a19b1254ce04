"""What is posted to the scoring service in tests, and what an answer has to look like."""

from itertools import count
from pathlib import Path
from typing import Any

import httpx
import orjson

ROLES = ("facilitator", "responder", "observer", "ingest")
TOKENS = {role: f"{role}-token" for role in ROLES}
RECORDED = Path(__file__).parent / "scoring" / "recorded" / "connection-exhaustion.timeline.json"

_numbers = count()


def new_drill(name: str, **changed: Any) -> dict[str, Any]:
    """A drill to open, with the definition and the truth of a recorded one; it starts on 5 January 2026 at 10:00."""
    recorded = orjson.loads(RECORDED.read_bytes())
    told = {name: recorded["drill"][name] for name in ("clock", "playbook", "experiment", "responder")}
    return {"id": name, "truth": recorded["truth"], "started_at": "2026-01-05T10:00:00Z", **told, **changed}


def new_name(kind: str = "drill") -> str:
    """A name that no other test has."""
    return f"{kind}-{next(_numbers)}"


def event(kind: str, at: str = "2026-01-05T10:00:05Z", key: str | None = None, **data: Any) -> dict[str, Any]:
    """An event to post."""
    return {"kind": kind, "occurred_at": at, "source": "test", "data": data, "key": key}


def assert_problem(answer: httpx.Response, status: int, said: str = "", where: str | None = None) -> None:
    """The answer is a problem document of this status that says so, and names this place."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    assert said in body["detail"]
    assert body["instance"].startswith("/")
    if where is not None:
        assert where in [each.get("pointer") or each.get("parameter") for each in body["errors"]], body
