"""Drills in which anything may happen, told as `tests/scoring/conftest.py` reads them, for property tests."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from scoring.timeline import KINDS

GENTLE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UPDATE = {"audiences": ["responders"], "status": "s", "impact": "i", "next_step": "n", "next_update_at": "t"}


def handled(**moved: float) -> dict[str, Any]:
    """An incident with every kind of step; `moved` gives a step another second."""
    steps = {
        "fault.injected": (8, {}),
        "alert.firing": (12, {"name": "SlotsExhausted"}),
        "incident.acknowledged": (13, {}),
        "incident.declared": (14, {"severity": "SEV-1"}),
        "update.posted": (15, UPDATE),
        "diagnosis.submitted": (16, {"component": "postgres", "failure_mode": "connection-exhaustion"}),
        "incident.escalated": (27, {"to": "engineering-manager", "by": "phone"}),
        "incident.resolved": (48, {}),
        "drill.ended": (60, {}),
    }
    return {
        "load": {"0-9": 0, "9-26": 0.4, "26-60": 0},
        "checks": {"9-26": "bad", "26-60": "ok"},
        "events": [[moved.get(kind, second), kind, data] for kind, (second, data) in steps.items()],
    }


SECONDS = st.integers(0, 700).map(lambda tenths: tenths / 10)
SAID: dict[str, st.SearchStrategy[Any]] = {
    "severity": st.sampled_from(["SEV-1", "SEV-2", "SEV-4", "P1"]),
    "name": st.sampled_from(["SlotsExhausted", "HighErrors"]),
    "to": st.sampled_from(["engineering-manager", "vp-engineering", "nobody", ["legal", 7]]),
    "by": st.sampled_from(["phone", "slack", "audit"]),
    "component": st.sampled_from(["postgres", "llm-research-api", "x"]),
    "failure_mode": st.sampled_from(["database/connection-exhaustion", "x"]),
    "status": st.sampled_from(["monitoring", "resolved", "investigating", ""]),
    "audiences": st.sampled_from([["responders"], "customers, email", None]),
    "closing": st.booleans(),
    "parts": st.sampled_from([{"timeline": "x"}, ["detection"], 7, None]),
    "at": st.sampled_from(["2026-01-05T10:00:20Z", "noon"]),
    "phase": st.sampled_from(["mitigated", "recovered", 3]),
    "ok": st.booleans(),
    "labels": st.sampled_from([None, {"alertname": 3}, []]),
    "drill_seconds": st.sampled_from([60, 600, 0, -5, True, "600", 1e12]),
    "cost": st.sampled_from([5, 2.5, 100, 101, -1, None, "5"]),
}


@st.composite
def wild(draw: st.DrawFn) -> dict[str, Any]:
    """A handled incident with steps moved or left out and anything else at any time; maybe no load or no checks."""
    case = handled()
    left = draw(st.lists(st.sampled_from(case["events"][1:-1]), unique_by=id, max_size=7))
    moved = [[draw(SECONDS), *step[1:]] if draw(st.booleans()) else step for step in left]
    fields = st.lists(st.sampled_from(sorted(SAID)), max_size=4, unique=True)
    more = [
        [draw(SECONDS), draw(st.sampled_from(KINDS[2:])), {name: draw(SAID[name]) for name in draw(fields)}]
        for _ in range(draw(st.integers(0, 6)))
    ]
    case["events"] = [case["events"][0], *moved, *more]
    worse_at = draw(st.integers(27, 59))
    if draw(st.booleans()):
        share = draw(st.sampled_from([0, 0.06, 1.0, [0, 0]]))
        case["load"] = {"0-9": 0, "9-26": 0.4, f"26-{worse_at}": 0, f"{worse_at}-60": share}
    for part in ("load", "checks"):
        if draw(st.integers(0, 4)) == 0:
            del case[part]
    case["baseline"] = draw(st.sampled_from([{}, None]))
    case["ended"] = draw(st.sampled_from([60, None, 30, 200]))
    case["truth"] = {"control": draw(st.integers(0, 9)) == 9}
    return case
