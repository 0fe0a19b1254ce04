"""A facilitator stops the drill clock, lets it go on and advances it, and the scorecard goes with it."""

from collections.abc import Iterator
from typing import Any

import httpx
from posting import event

from scoring.files import score_text


def at(second: int) -> str:
    return f"2026-01-05T10:{second // 60:02d}:{second % 60:02d}Z"


def load(*seconds: int) -> list[dict[str, Any]]:
    return [
        {"at": at(second), "seconds": 1, "requests": 50, "failures": 20 if second > 10 else 0, "p95_ms": 40}
        for second in seconds
    ]


def as_it_goes() -> Iterator[list[dict[str, Any]]]:
    """A drill in steps; after each one its scorecard is asked for."""
    alert = {"labels": {"alertname": "DatabaseConnectionsExhausted"}}
    yield [event("fault.injected", at(9)), event("alert.firing", at(15), **alert)]
    yield [event("clock.stopped", at(20), reason="a question")]
    yield [event("incident.acknowledged", at(25)), event("oracle.checked", at(26), phase="mitigated", ok=False)]
    yield [event("incident.declared", at(18), severity="SEV-1")]
    yield [event("clock.started", at(40))]
    yield [event("update.posted", at(41), status="investigating"), event("hint.taken", at(42), cost=5)]
    yield [event("clock.advanced", at(43), drill_seconds=1200)]
    yield [event("incident.escalated", at(44), to="engineering-manager", by="phone")]


def test_at_every_step_it_is_the_scorecard_of_the_timeline(
    drill: str, facilitator: httpx.Client, ingest: httpx.Client
) -> None:
    url = f"/api/v1/drills/{drill}"
    seen = set()
    for number, events in enumerate(as_it_goes()):
        windows = load(*range(number * 6, number * 6 + 6))
        assert ingest.post(f"{url}/impact", json=windows).status_code == 201
        assert facilitator.post(f"{url}/events/batch", json=events).status_code == 201
        card = facilitator.get(f"{url}/scorecard").text
        assert card == score_text(facilitator.get(f"{url}/timeline").content, "the timeline").to_json()
        seen.add(card)
    assert len(seen) > 4
    measures = facilitator.get(f"{url}/scorecard").json()["measures"]
    clock = facilitator.get(url).json()["clock"]
    assert measures["tta"]["drill_seconds"] == (20 - 15) * clock
    assert measures["ttc"]["drill_seconds"] == (18 - 15) * clock


def test_what_hints_cost_is_said_where_the_score_is(
    drill: str, facilitator: httpx.Client, responder: httpx.Client
) -> None:
    url = f"/api/v1/drills/{drill}"
    assert responder.post(f"{url}/events", json=event("hint.taken", level=1, cost=5)).status_code == 201
    assert facilitator.get(f"{url}/scorecard").json()["hints"]["points"] == 5
    assert "1 hint was taken, which cost 5 points." in facilitator.get(f"/drills/{drill}").text
