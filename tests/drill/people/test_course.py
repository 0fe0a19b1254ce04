"""What happens in a drill for people, as its runner understands it."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from scoring.files import read_timeline
from scoring.timeline import TRUTH_KINDS, Event
from simulator.drill import phases
from simulator.drill.clock import DrillClock
from simulator.drill.people.course import Course
from simulator.drill.people.discreet import DiscreetView
from simulator.drill.stopwatch import Stopwatch
from simulator.report.lines import LineView

BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)
RECORDED = sorted((Path(__file__).parents[2] / "scoring" / "recorded").glob("*.timeline.json"))


def event(kind: str, after_s: float = 0.0, source: str = "", **data: Any) -> Event:
    at = BEGAN + timedelta(seconds=after_s)
    return Event.model_validate({"kind": kind, "occurred_at": at, "source": source, "data": data})


@pytest.fixture
def course() -> Course:
    return Course(Stopwatch(DrillClock(60)), is_begun=False)


def test_the_clocks_start_begins_it_and_stops_and_jumps_reach_the_stopwatch(course: Course) -> None:
    course.see(event("clock.stopped"))
    assert (course.is_begun, course.stopwatch.is_stopped) == (False, True)
    course.see(event("clock.started"))
    assert (course.is_begun, course.stopwatch.is_stopped) == (True, False)
    before = course.stopwatch.read()
    for seconds in (600, -5, 1e300, "600", True, None):
        course.see(event("clock.advanced", drill_seconds=seconds))
    assert 10 <= course.stopwatch.read() - before < 11


def test_the_first_alert_or_inject_pages(course: Course) -> None:
    inject = event("inject.delivered", 1, text="I cannot sign in")
    course.see(inject)
    course.see(event("alert.firing", 2))
    assert course.page is inject


def test_an_alert_before_the_beginning_pages_nobody(course: Course) -> None:
    course.see(event("alert.firing", 1))
    assert course.page is None
    course.see(event("clock.started", 2))
    real = event("alert.firing", 3)
    course.see(real)
    assert course.page is real


def test_whoever_aborts_it_but_the_runner_is_heard(course: Course) -> None:
    course.see(event("drill.aborted", source="runner", reason="of our own"))
    assert course.aborted is None
    course.see(event("drill.aborted", source="console", reason="the fire alarm"))
    assert course.aborted == "the fire alarm"


def test_it_is_called_resolved_after_the_last_fault_only(course: Course) -> None:
    assert not course.is_called_resolved
    course.see(event("fault.injected", 0))
    course.see(event("incident.resolved", 10))
    assert course.is_called_resolved
    course.see(event("fault.injected", 20))
    assert not course.is_called_resolved
    course.see(event("incident.resolved", 30))
    assert course.is_called_resolved


def test_orders_and_closing_notices_are_kept(course: Course) -> None:
    course.see(event("fault.ordered", failure_mode="cache-down"))
    course.see(event("update.posted", 5, status="monitoring"))
    assert (course.orders, course.closed_at) == (["cache-down"], None)
    course.see(event("update.posted", 6, status="resolved"))
    assert course.closed_at == BEGAN + timedelta(seconds=6)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.partition(".")[0])
def test_a_responders_terminal_tells_nothing_of_what_is_wrong(path: Path) -> None:
    timeline, out = read_timeline(path), StringIO()
    assert timeline.truth is not None
    label = timeline.truth.failure_mode
    view = DiscreetView(LineView(["drill 1 of 1"], clock=60, out=out), "drill 1 of 1")
    view.phase(label, phases.STEADY)
    for text in phases.TELLING:
        view.phase(label, text)
    untold = [e for e in timeline.events if e.kind not in ("diagnosis.submitted", "action.taken", "review.filed")]
    for told in untold:
        view.event(label, told)
        view.sla(label, "ttm", 900, timeline.drill.started_at, timeline.drill.started_at)
    shown = out.getvalue()
    assert "alert fires" in shown
    assert phases.STEADY in shown
    secrets = (label, str(timeline.drill.experiment), "fault", "injected", "users are affected", "SLA", "condition")
    for secret in secrets:
        assert secret not in shown, secret
    assert {e.kind for e in untold} & TRUTH_KINDS, "there was something to keep"
