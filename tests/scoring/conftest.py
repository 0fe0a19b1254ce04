"""Timelines told briefly: seconds of wall time after the start, at 60 drill seconds per wall second."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook
from scoring.timeline import Timeline

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
_TRUTH = {
    "failure_mode": "database/connection-exhaustion",
    "component": "postgres",
    "neighbours": ["llm-research-api"],
    "alerts": ["SlotsExhausted"],
}
_BASELINE = {"requests_per_s": 50.0, "error_share": 0.0, "p95_ms": 40.0}


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _spans(spec: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    for span, value in spec.items():
        first, last = (int(edge) for edge in span.split("-"))
        for second in range(first, last):
            yield second, value


def build(case: Mapping[str, Any]) -> dict[str, Any]:
    """`events` [[second, kind, data]], `load` {"0-9": failed share}, `checks` {"9-20": "bad", "20-60": "ok"}."""
    events = [
        {"kind": kind, "occurred_at": at(second), "source": "test", "data": dict(*data), "key": f"{kind}/{i}"}
        for i, (second, kind, *data) in enumerate(case.get("events", []))
    ]
    for event in events:
        if event["kind"].startswith("alert.") and "name" in event["data"]:
            event["data"] = {"labels": {"alertname": event["data"]["name"]}, "fingerprint": event["data"]["name"]}
    for second, state in _spans(case.get("checks", {})):
        conditions = [{"name": "services", "ok": True, "seen": "all there"}]
        if state != "gone":
            conditions.append({"name": "ready_replicas", "ok": state == "ok", "seen": f"{state} at {second} s"})
        else:
            conditions[0] = {"name": "services", "ok": False, "seen": "llm-research-api is not there"}
        data = {"phase": "mitigated", "ok": state == "ok", "conditions": conditions}
        events.append({"kind": "oracle.checked", "occurred_at": at(second + 0.1), "source": "oracle", "data": data})
    windows = []
    for second, told in _spans(case.get("load", {})):
        share, rate = told if isinstance(told, list) else (told, case.get("rate", 50))
        window = {"at": at(second), "requests": rate, "failures": round(rate * share), "p95_ms": 40.0 if rate else None}
        windows.append(window)
    ended_at = case.get("ended", 60)
    baseline = case.get("baseline", {})
    return {
        "drill": {
            "id": "told",
            "clock": case.get("clock", 60),
            "started_at": at(0),
            "ended_at": None if ended_at is None else at(ended_at),
            "playbook": "llm-research-lab",
        },
        "truth": {**_TRUTH, **case.get("truth", {})},
        "baseline": None if baseline is None else {**_BASELINE, **baseline},
        "events": events,
        "impact": windows,
    }


@pytest.fixture
def told() -> Callable[[Mapping[str, Any]], Timeline]:
    return lambda case: Timeline.model_validate(build(case))


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    return load_playbook("llm-research-lab")
