"""One clock for each SLA: from when it runs, when it turns, when it stops, and that it stands with the drill clock."""

from collections.abc import Callable
from typing import Any

import pytest
from desk_told import Told, alert

from scoring.playbook.file import load_playbook, playbook_names

Tell = Callable[..., Any]
PAGED = (5, "alert.firing", alert())
SUFFERING = (3, "impact.started", {})


def test_nothing_runs_before_the_page(tell: Tell) -> None:
    desk = tell((1, "drill.started", {})).desk(4)
    assert {clock.stage for clock in desk.clocks} == {"waiting"}
    assert not any(clock.is_moving for clock in desk.clocks)
    assert (desk.level, desk.is_level_assumed) == ("SEV-1", True)


@pytest.mark.parametrize(
    ("minute", "stage"), [(5, "ample"), (12.5, "ample"), (12.6, "half"), (20, "half"), (20.1, "over"), (60, "over")]
)
def test_a_clock_turns_at_half_and_at_the_limit(tell: Tell, minute: float, stage: str) -> None:
    """SEV-1, which holds until somebody declares, is acknowledged within 15 minutes."""
    clock = tell(PAGED).clock("acknowledge", minute)
    assert (clock.stage, clock.is_moving, clock.limit_s) == (stage, True, 900)
    assert clock.used_s == pytest.approx((minute - 5) * 60)
    assert clock.due_at == tell(PAGED).at(20)


@pytest.mark.parametrize(("minute", "stage"), [(6, "met"), (20, "met"), (21, "missed")])
def test_it_stops_when_it_is_done(tell: Tell, minute: float, stage: str) -> None:
    clock = tell(PAGED, (minute, "incident.acknowledged", {"who": "Ada"})).clock("acknowledge", 90)
    assert (clock.stage, clock.is_moving, clock.due_at) == (stage, False, None)
    assert clock.used_s == pytest.approx((minute - 5) * 60)


def test_a_declaration_changes_the_limits_and_the_last_one_holds(tell: Tell) -> None:
    declared = (6, "incident.declared", {"severity": "SEV-2"})
    told = tell(PAGED, declared)
    assert told.clock("acknowledge", 7).limit_s == 30 * 60
    assert (told.desk(7).level, told.desk(7).is_level_assumed) == ("SEV-2", False)
    graver = tell(PAGED, declared, (8, "incident.reclassified", {"severity": "SEV-1"}))
    assert graver.clock("acknowledge", 9).limit_s == 15 * 60
    assert graver.clock("classify", 9).to_at == graver.at(6)


def test_a_severity_that_the_playbook_has_not_leaves_the_gravest_in_force(tell: Tell) -> None:
    desk = tell(PAGED, (6, "incident.declared", {"severity": "SEV-9"})).desk(7)
    assert (desk.level, desk.is_level_assumed) == ("SEV-1", True)


def test_the_first_update_is_due_from_the_declaration_or_from_when_it_should_have_come(tell: Tell) -> None:
    assert tell(PAGED).clock("first_update", 19).stage == "waiting"
    late = tell(PAGED).clock("first_update", 21)
    assert late.from_at == tell(PAGED).at(20)
    declared = tell(PAGED, (6, "incident.declared", {"severity": "SEV-1"}))
    assert declared.clock("first_update", 21).from_at == declared.at(6)


def test_each_update_starts_the_next_ones_clock_until_nobody_waits(tell: Tell) -> None:
    told = [PAGED, (6, "incident.declared", {"severity": "SEV-1"}), (10, "update.posted", {"impact": "x"})]
    running = tell(*told).clock("next_update", 24)
    assert (running.from_at, running.stage, running.limit_s) == (tell().at(10), "half", 900)
    again = tell(*told, (24, "update.posted", {"impact": "y"})).clock("next_update", 25)
    assert (again.from_at, again.stage) == (tell().at(24), "ample")
    closed = tell(*told, (20, "update.posted", {"impact": "z", "status": "resolved"})).clock("next_update", 99)
    assert (closed.stage, closed.is_moving, closed.used_s) == ("met", False, 600)


def test_mitigation_runs_from_when_users_began_to_suffer(tell: Tell) -> None:
    clock = tell(SUFFERING, PAGED).clock("mitigate", 10)
    assert (clock.from_at, clock.used_s) == (tell().at(3), 7 * 60)
    assert tell(PAGED).clock("mitigate", 10).from_at == tell().at(5)


def test_users_who_suffer_again_make_it_run_again(tell: Tell) -> None:
    served = [SUFFERING, PAGED, (9, "impact.ended", {})]
    assert (tell(*served).clock("mitigate", 10).stage, tell(*served).clock("mitigate", 10).used_s) == ("met", 360)
    again = tell(*served, (12, "impact.started", {})).clock("mitigate", 20)
    assert (again.stage, again.used_s, again.is_moving) == ("over", 17 * 60, True)


@pytest.mark.parametrize(("minute", "stage"), [(10, "ample"), (23.9, "ample"), (24, "met")])
def test_how_long_users_are_served_at_a_stretch_is_waited_for(tell: Tell, minute: float, stage: str) -> None:
    clock = tell(SUFFERING, PAGED, (8, "alert.resolved", alert()), (9, "impact.ended", {})).clock("hold", minute)
    assert (clock.sense, clock.limit_s, clock.stage) == ("hold", 900, stage)


def test_what_an_advance_passed_over_was_served_before_nobodys_eyes(tell: Tell) -> None:
    served = [(8, "alert.resolved", alert()), (9, "impact.ended", {}), (12, "clock.advanced", {"drill_seconds": 900})]
    told = tell(SUFFERING, PAGED, *served)
    assert told.clock("hold", 13).from_at == told.at(12)
    assert told.clock("hold", 13).stage == "ample"


def test_resolved_too_soon_is_a_stretch_that_was_cut_short(tell: Tell) -> None:
    served = [(8, "alert.resolved", alert()), (9, "impact.ended", {})]
    told = tell(SUFFERING, PAGED, *served, (12, "incident.resolved", {}))
    assert told.clock("hold", 60).stage == "missed"
    assert told.desk(60).is_too_early
    assert not tell(SUFFERING, PAGED, *served, (25, "incident.resolved", {})).desk(60).is_too_early
    assert tell(SUFFERING, PAGED, (12, "incident.resolved", {})).desk(60).is_too_early, "users suffer still"
    assert not tell(SUFFERING, PAGED, *served).desk(12).is_too_early, "nobody has called it resolved"
    assert told.clock("resolve", 60).stage == "met"


def test_an_alert_after_the_resolution_opens_it_again(tell: Tell) -> None:
    told = [SUFFERING, PAGED, (9, "impact.ended", {}), (12, "incident.resolved", {})]
    assert tell(*told).desk(13).is_over
    again = tell(*told, (14, "alert.firing", alert("Other")))
    assert not again.desk(15).is_over
    assert again.clock("resolve", 15).is_moving


def test_the_review_has_its_time_after_the_resolution_and_outlives_the_drill(tell: Tell) -> None:
    told = tell(PAGED, (9, "incident.resolved", {})).ended(20)
    review = told.clock("review.review", 21 * 60)
    assert (review.from_at, review.is_moving, review.stage) == (told.at(9), True, "ample")
    assert review.used_s == pytest.approx((21 * 60 - 9) * 60)
    assert not any(clock.is_moving for clock in told.desk(99).clocks if clock.id != "review.review")


def test_with_the_end_of_the_drill_the_clocks_stand_where_they_were(tell: Tell) -> None:
    clock = tell(PAGED).ended(10).clock("acknowledge", 500)
    assert (clock.used_s, clock.is_moving, clock.stage) == (300, False, "ample")


def test_a_stop_of_the_drill_clock_is_no_time(tell: Tell) -> None:
    stopped = [PAGED, (8, "clock.stopped", {"reason": "fire alarm"})]
    clock = tell(*stopped).clock("acknowledge", 500)
    assert (clock.used_s, clock.is_moving, clock.stage, clock.due_at) == (180, False, "ample", None)
    assert tell(*stopped).desk(500).stopped.text == "fire alarm"
    going = tell(*stopped, (108, "clock.started", {})).clock("acknowledge", 110)
    assert (going.used_s, going.is_moving, going.due_at) == (300, True, tell().at(120))
    assert tell(*stopped, (108, "clock.started", {})).desk(110).stopped is None


def test_a_jump_ahead_is_time_that_went_by(tell: Tell) -> None:
    clock = tell(PAGED, (6, "clock.advanced", {"drill_seconds": 600})).clock("acknowledge", 7)
    assert (clock.used_s, clock.stage) == (720, "half")


def test_at_sixty_times_the_clock_a_second_is_a_minute(tell: Tell) -> None:
    told = tell((0.1, "alert.firing", alert()), clock=60)
    clock = told.clock("acknowledge", 0.2)
    assert clock.used_s == pytest.approx(360)
    assert clock.due_at == told.at(0.1 + 0.25)


def test_each_shipped_playbook_gives_clocks_for_each_of_its_levels() -> None:
    for name in playbook_names():
        book = load_playbook(name)
        for level in book.levels:
            told = Told(book, (5, "alert.firing", alert()), (6, "incident.declared", {"severity": level.id}))
            clocks = {clock.id: clock for clock in told.desk(7).clocks}
            assert clocks["resolve"].limit_s == level.sla.resolve.value, (name, level.id)
            assert ("first_update" in clocks) == (level.first_update is not None), (name, level.id)
            assert [c.id.startswith("review.") for c in clocks.values()].count(True) == len(
                book.review.asked_of(level.id)
            )


def test_what_is_waited_for_before_the_resolution_runs_once_the_alerts_are_over_too(tell: Tell) -> None:
    """A verification window of scoring holds only while no alert of the incident fires."""
    served = (9, "impact.ended", {})
    fires = tell(SUFFERING, PAGED, served)
    assert fires.clock("hold", 30).stage == "waiting"
    assert fires.clock("mitigate", 30).to_at == fires.at(9)
    over = tell(SUFFERING, PAGED, served, (12, "alert.resolved", alert()))
    assert over.clock("hold", 20).from_at == over.at(12)
    again = tell(SUFFERING, PAGED, served, (12, "alert.resolved", alert()), (14, "alert.firing", alert("Other")))
    assert again.clock("hold", 20).stage == "waiting"
