"""Drill time of a clock that stops, goes on and jumps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, sampled_from, tuples

from scoring.desk.drill_time import DrillTime
from scoring.timeline import Drill, Event

START = datetime(2026, 1, 5, 10, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def bend(kind: str, second: float, **data: object) -> Event:
    return Event(kind=f"clock.{kind}", occurred_at=at(second), data=data)


def clocked(clock: float, events: list[Event], ended_at: datetime | None = None) -> DrillTime:
    return DrillTime(Drill(id="d", clock=clock, started_at=START, ended_at=ended_at), events)


def test_without_a_bend_it_is_wall_time_times_the_clock() -> None:
    time = clocked(60, [])
    assert time.drill_s(at(1), at(3)) == 120
    assert time.elapsed_s(at(-1)) == -60
    assert time.later(at(1), 90) == at(2.5)


def test_a_second_stop_and_a_start_without_one_change_nothing() -> None:
    events = [bend("started", 5), bend("stopped", 10), bend("stopped", 20), bend("started", 30), bend("started", 40)]
    time = clocked(1, events)
    assert time.elapsed_s(at(50)) == 30
    assert time.stopped_by is None


def test_a_stop_lasts_until_the_drills_end_if_nothing_starts_it() -> None:
    time = clocked(1, [bend("stopped", 10)], at(30))
    assert time.elapsed_s(at(30)) == 10
    assert time.elapsed_s(at(40)) == 20


def test_a_jump_within_a_stop_counts_and_the_clock_stands_on() -> None:
    time = clocked(1, [bend("stopped", 10), bend("advanced", 15, drill_seconds=100)])
    assert time.elapsed_s(at(99)) == 110
    assert time.stopped_by is not None
    assert time.later(at(5), 50) == at(15)
    assert time.later(at(5), 200) is None


@pytest.mark.parametrize("told", [None, "60", True, -5, float("nan"), float("inf"), 0, []])
def test_a_jump_by_no_number_is_none(told: object) -> None:
    assert clocked(1, [bend("advanced", 5, drill_seconds=told)]).elapsed_s(at(10)) == 10


bends = lists(tuples(sampled_from(["stopped", "started", "advanced"]), integers(0, 100)), max_size=8)


@given(bends, floats(0, 200), floats(0, 200), floats(0, 500))
def test_it_never_runs_backwards_and_later_is_its_inverse(
    told: list[tuple[str, int]], one: float, other: float, ahead_s: float
) -> None:
    time = clocked(2, [bend(kind, second, drill_seconds=7) for kind, second in told])
    first, second = sorted((one, other))
    assert time.elapsed_s(at(first)) <= time.elapsed_s(at(second)) + 1e-6
    reached = time.later(at(first), ahead_s)
    if reached is not None:
        assert time.drill_s(at(first), reached) >= ahead_s - 1e-4
        assert reached >= at(first)
        just_before = max(at(first), reached - timedelta(milliseconds=1))
        assert time.drill_s(at(first), just_before) <= ahead_s + 1e-4
