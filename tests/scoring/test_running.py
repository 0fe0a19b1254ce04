"""Running time leaves out the stops of the drill clock, has what it was advanced by, and leads back to wall time."""

from datetime import UTC, datetime, timedelta
from math import inf, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.timeline import Drill, Event, Kind, Window
from scoring.timeline.running import MOST_ADVANCED_S, RunningTime, running_time

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LONGEST = 200
Steps = list[tuple[int, Kind, int]]
STEPS: st.SearchStrategy[Steps] = st.lists(
    st.tuples(
        st.integers(0, LONGEST),
        st.sampled_from(["clock.stopped", "clock.started", "clock.advanced"]),
        st.integers(1, 7200),
    ),
    max_size=10,
)
ENDS = st.none() | st.integers(0, LONGEST)
SECONDS = st.floats(0, LONGEST)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def drill(ended: float | None = None, clock: float = 60) -> Drill:
    return Drill(id="d", clock=clock, started_at=NOON, ended_at=None if ended is None else at(ended))


def told(steps: Steps) -> list[Event]:
    """Stops and starts, and advances by so many drill seconds."""
    return [
        Event(kind=kind, occurred_at=at(second), source="facilitator", data={"drill_seconds": by})
        for second, kind, by in steps
    ]


def bent(steps: Steps, ended: float | None = None) -> RunningTime:
    return running_time(drill(ended), told(steps))


def by_hand(steps: Steps, ended: int | None, start: int, end: int) -> float:
    """Drill seconds between two whole seconds, second by second."""
    is_stopped, total = False, 0.0
    for second in range(LONGEST + 1):
        for _, kind, by in sorted({step for step in steps if step[0] == second and (ended is None or second < ended)}):
            if kind == "clock.advanced":
                total += by if start < second <= end else 0
            else:
                is_stopped = kind == "clock.stopped"
        is_stopped = is_stopped and second != ended
        total += 60 if start <= second < end and not is_stopped else 0
    return total


@given(steps=STEPS, ended=ENDS, seconds=st.tuples(st.integers(0, LONGEST), st.integers(0, LONGEST)))
def test_drill_time_is_what_was_not_stopped_and_what_was_advanced(
    steps: Steps, ended: int | None, seconds: tuple[int, int]
) -> None:
    start, end = sorted(seconds)
    time = bent(steps, ended)
    assert time.drill_s(at(start), at(end)) == pytest.approx(by_hand(steps, ended, start, end), abs=0.01)
    assert time.drill_s(at(end), at(start)) == -time.drill_s(at(start), at(end))


@given(steps=STEPS, ended=ENDS, seconds=st.lists(SECONDS, min_size=2))
def test_running_time_never_goes_back(steps: Steps, ended: int | None, seconds: list[float]) -> None:
    time = bent(steps, ended)
    running = [time.at(at(second)) for second in sorted(seconds)]
    assert running == sorted(running)


@given(steps=STEPS, ended=ENDS, second=SECONDS)
def test_wall_time_is_found_again_but_for_stops(steps: Steps, ended: int | None, second: float) -> None:
    time, wall = bent(steps, ended), at(second)
    found = time.wall_at(time.at(wall))
    assert time.at(found) == time.at(wall)
    assert found == wall or (found < wall and time.is_stopped(found))


@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_order_of_arrival_and_repeats_make_no_difference(steps: Steps, seed: int) -> None:
    random, events = Random(seed), told(steps)
    arrived = random.sample(events, len(events)) + random.choices(events, k=3) if events else []
    one, other = running_time(drill(), events), running_time(drill(), arrived)
    assert [one.at(at(second)) for second in range(LONGEST)] == [other.at(at(second)) for second in range(LONGEST)]


@pytest.mark.parametrize("said", [0, -60, nan, inf, -inf, True, "60", None, [60], MOST_ADVANCED_S + 1, 10**40])
def test_an_advance_that_says_no_time_changes_nothing(said: Any) -> None:
    event = Event(kind="clock.advanced", occurred_at=at(5), data={"drill_seconds": said})
    assert running_time(drill(), [event]).is_wall_time


def test_an_advance_beyond_the_calendar_changes_nothing() -> None:
    for clock in (1e-9, 1e-300):
        [event] = told([(5, "clock.advanced", 7200)])
        assert running_time(drill(clock=clock), [event]).is_wall_time
    slow: Steps = [(second, "clock.advanced", MOST_ADVANCED_S) for second in range(100)]
    time = running_time(drill(clock=0.1), told(slow))
    assert timedelta(days=366 * 490) < time.at(at(LONGEST)) - at(LONGEST) <= timedelta(days=366 * 500)
    assert time.at(datetime.max.replace(tzinfo=UTC)) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "steps",
    [
        [(10, "clock.started", 1)],
        [(60, "clock.stopped", 1), (70, "clock.started", 1)],
        [(80, "clock.stopped", 1), (90, "clock.advanced", 600)],
    ],
)
def test_a_start_without_a_stop_and_what_comes_after_the_end_change_nothing(steps: Steps) -> None:
    assert bent(steps, ended=60).is_wall_time


def test_a_stop_lasts_until_the_drills_end_and_no_longer() -> None:
    for ended in (drill(60), drill()):
        events = told([(20, "clock.stopped", 1)])
        events += [Event(kind="drill.aborted", occurred_at=at(60))] if ended.ended_at is None else []
        time = running_time(ended, events)
        assert [time.at(at(second)) for second in (20, 59, 60, 70)] == [at(20), at(20), at(20), at(30)]


def test_a_stop_of_a_running_drill_lasts_for_now() -> None:
    time = bent([(20, "clock.stopped", 1), (25, "clock.stopped", 1)])
    assert (time.at(at(20)), time.at(at(10**6))) == (at(20), at(20))
    assert [time.is_stopped(at(second)) for second in (19.9, 20, 10**6)] == [False, True, True]


def test_of_a_stop_the_instant_at_which_it_began_is_found() -> None:
    time = bent([(20, "clock.stopped", 1), (50, "clock.started", 1)])
    assert [time.wall_at(at(second)) for second in (10, 20, 21)] == [at(10), at(20), at(51)]


def test_the_instant_of_an_advance_stands_for_what_it_passed_over() -> None:
    time = bent([(20, "clock.advanced", 600)])
    assert [time.at(at(second)) for second in (19, 20, 21)] == [at(19), at(30), at(31)]
    assert [time.wall_at(at(second)) for second in (19, 25, 30, 31)] == [at(19), at(20), at(20), at(21)]


def test_a_clock_that_stands_still_can_be_advanced() -> None:
    time = bent([(20, "clock.stopped", 1), (30, "clock.advanced", 600), (50, "clock.started", 1)])
    assert [time.at(at(second)) for second in (25, 30, 49, 50, 51)] == [at(20), at(30), at(30), at(30), at(31)]
    assert [time.wall_at(at(second)) for second in (20, 25, 30, 31)] == [at(20), at(30), at(30), at(51)]


def test_a_wrong_clock_is_set_before_it_stops_anything() -> None:
    """The facilitator's machine is an hour ahead of scoring's."""
    events = [
        event.model_copy(
            update={
                "occurred_at": event.occurred_at + timedelta(hours=1),
                "sent_at": event.occurred_at + timedelta(hours=1),
                "received_at": event.occurred_at,
            }
        )
        for event in told([(20, "clock.stopped", 1), (50, "clock.started", 1)])
    ]
    assert running_time(drill(), events).at(at(60)) == at(30)


def test_a_load_window_counts_by_its_start_without_the_stops_within() -> None:
    time = bent([(20, "clock.stopped", 1), (50, "clock.started", 1)])

    def seen(second: float, seconds: float) -> tuple[datetime, float] | None:
        placed = time.window(Window(at=at(second), seconds=seconds, requests=1))
        return None if placed is None else (placed.at, placed.seconds)

    assert seen(10, 5) == (at(10), 5)
    assert seen(10, 60) == (at(10), 30)
    assert seen(19.5, 1) == (at(19.5), 1)
    assert seen(20, 1) is None
    assert seen(49.9, 60) is None
    assert seen(50, 1) == (at(20), 1)


def test_an_event_keeps_its_name_and_checks_of_a_stop_say_nothing() -> None:
    time = bent([(20, "clock.stopped", 1), (50, "clock.started", 1)])
    for event in (
        Event(kind="role.assigned", occurred_at=at(30)),
        Event(kind="role.assigned", occurred_at=at(30), key="k"),
    ):
        placed = time.event(event)
        assert placed is not None
        assert (placed.name, placed.occurred_at, placed.wall_at) == (event.name, at(20), at(30))
    checks = [Event(kind="oracle.checked", occurred_at=at(second)) for second in (19, 20, 49, 50)]
    assert [placed.name for placed in time.events(checks)] == [checks[0].name, checks[3].name]
