"""The matrix says of each drill whether it shows what it is for, and of all what they say together."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from simulator.report.matrix import Matrix, MatrixRow, Purpose, median_beyond_for, row_of
from simulator.report.matrix_table import matrix_report, row_line
from simulator.report.models import DrillResult, GameDay, this_machine
from simulator.report.schema import published_schema

BEGAN_AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
FAULT = {
    "failure_mode": "slots",
    "component": "postgres",
    "is_first_cause": True,
    "injected_at": BEGAN_AT,
    "detected_at": BEGAN_AT + timedelta(seconds=2),
    "detected_by": "SlotsExhausted",
    "drill_seconds": 120.0,
    "is_gone": True,
    "mitigated": True,
}


@pytest.fixture
def good(game_day: GameDay) -> DrillResult:
    """A drill that was detected by an alert of its own and mitigated in time."""
    return changed(next(drill for drill in game_day.drills if drill.scorecard and drill.scorecard.sla_met))


def changed(drill: DrillResult, *, fault: dict[str, Any] | None = None, **card: Any) -> DrillResult:
    assert drill.scorecard is not None
    told = drill.scorecard.model_dump() | {"faults": [FAULT | (fault or {})]} | card
    return drill.model_copy(update={"scorecard": type(drill.scorecard).model_validate(told)})


def measured(drill: DrillResult, measure: str, **told: Any) -> DrillResult:
    assert drill.scorecard is not None
    measures = drill.scorecard.model_dump()["measures"]
    return changed(drill, measures={**measures, measure: measures[measure] | told})


def row(drill: DrillResult, purpose: Purpose = "mitigated", **more: Any) -> MatrixRow:
    return row_of(drill, family="database", purpose=purpose, for_s={"SlotsExhausted": 60.0}, wall_s=31.46, **more)


def test_a_drill_that_was_detected_and_mitigated_in_time_passes(good: DrillResult) -> None:
    shown = row(measured(good, "ttd", drill_seconds=95.0))
    assert (shown.passed, shown.detected_by, shown.mitigated, shown.wall_seconds) == (
        True,
        "SlotsExhausted",
        True,
        31.5,
    )
    assert (shown.ttd_seconds, shown.beyond_for_seconds) == (95.0, 35.0)


def test_an_alert_that_fires_within_its_own_for_is_not_beyond_it(good: DrillResult) -> None:
    assert row(measured(good, "ttd", drill_seconds=0.0)).beyond_for_seconds == 0


def test_a_drill_that_only_a_declaration_detected_does_not_pass(good: DrillResult) -> None:
    shown = row(changed(good, fault={"detected_by": None, "detected_at": None}))
    assert (shown.passed, shown.ttd_seconds, shown.beyond_for_seconds) == (False, None, None)


def test_a_detection_that_came_too_late_does_not_pass_though_users_felt_little(good: DrillResult) -> None:
    late = measured(measured(good, "ttm", drill_seconds=0.0), "ttd", verdict="missed", drill_seconds=1702.0)
    assert not row(late).passed


def test_a_mitigation_that_came_too_late_does_not_pass(good: DrillResult) -> None:
    assert not row(measured(good, "ttm", verdict="missed")).passed


def test_a_fault_that_nobody_feels_passes_by_its_detection(good: DrillResult) -> None:
    assert row(measured(good, "ttm", verdict="not_assessed", drill_seconds=None)).passed


def test_a_hard_fail_does_not_pass_however_soon_users_were_served(good: DrillResult) -> None:
    fail = {"what": "data_destroyed", "why": "Data that was there before is not.", "events": ()}
    assert not row(changed(good, hard_fails=[fail])).passed


def test_with_nobody_to_respond_a_miss_is_what_passes(good: DrillResult) -> None:
    missed = measured(changed(good, sla_met=False, mitigated=False), "ttm", verdict="missed")
    assert missed.scorecard is not None
    assert row(changed(missed, sla_met=False), "missed").passed
    assert not row(good, "missed").passed


def test_a_control_passes_when_nobody_is_paged(good: DrillResult) -> None:
    assert row(changed(good, faults=[], sla_met=True), "control").passed
    assert not row(changed(good, faults=[], sla_met=False), "control").passed


def test_what_is_no_mitigation_passes_only_when_a_condition_refused_it(good: DrillResult) -> None:
    refused = ("ready_replicas: web 0",)
    assert row(changed(good, mitigated=False), "refused", act="scale-to-zero", refused_by=refused).passed
    assert not row(changed(good, mitigated=False), "refused", act="scale-to-zero").passed
    assert not row(changed(good, mitigated=True), "refused", act="scale-to-zero", refused_by=refused).passed


def test_a_drill_that_could_not_be_carried_out_is_a_row_with_the_reason(good: DrillResult) -> None:
    broken = good.model_copy(update={"verdict": "aborted", "scorecard": None, "reason": "no steady state"})
    shown = row(broken)
    assert (shown.passed, shown.injected, shown.score, shown.reason) == (False, False, None, "no steady state")
    assert "FAIL" in row_line(shown, 3, 31)
    assert "no steady state" in row_line(shown, 3, 31)


def matrix_of(*rows: MatrixRow) -> Matrix:
    return Matrix(
        playbook="llm-research-lab",
        responder="autopilot",
        clock=60,
        started_at=BEGAN_AT,
        ended_at=BEGAN_AT + timedelta(minutes=14),
        machine=this_machine(),
        rows=rows,
        injected=len(rows),
        detected=len(rows),
        mitigated=len(rows),
        passed=sum(each.passed for each in rows),
        median_beyond_for_seconds=median_beyond_for(rows),
        exit_status=0,
    )


@pytest.mark.parametrize("width", [80, 160])
def test_the_table_fits_and_says_what_all_say_together(good: DrillResult, width: int) -> None:
    out = io.StringIO()
    matrix = matrix_of(row(measured(good, "ttd", drill_seconds=95.0)), row(measured(good, "ttd", drill_seconds=105.0)))
    Console(file=out, width=width, no_color=True, force_terminal=False).print(matrix_report(matrix))
    text = " ".join(out.getvalue().split())
    assert "2 of 2 detected by an accepted alert" in text
    assert "median detection 40s beyond the rule's own for" in text
    assert max(map(len, out.getvalue().splitlines())) <= width


def test_the_json_is_valid_and_reads_back(good: DrillResult) -> None:
    matrix = matrix_of(row(good))
    jsonschema.validate(json.loads(matrix.model_dump_json()), published_schema("matrix"))
    assert Matrix.model_validate_json(matrix.model_dump_json()) == matrix
