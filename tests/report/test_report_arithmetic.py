"""The pure parts: SLAs that count down, times in words, labels that do not cover each other, sparklines."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.charts.marks import lanes
from scoring.timeline.running import RunningTime
from simulator.report.board import sparkline
from simulator.report.countdown import Sla, count_down
from simulator.report.durations import both_times, drill_time, wall_time

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
LIMIT_S = 900.0
CLOCK = RunningTime(60.0)


@pytest.mark.parametrize(
    ("wall_s", "stage", "left_s"),
    [(0, "ample", 900), (7.5, "ample", 450), (7.6, "half", 444), (15, "half", 0), (15.1, "over", -6)],
)
def test_an_sla_turns_at_half_of_its_limit_and_at_its_limit(wall_s: float, stage: str, left_s: float) -> None:
    state = count_down(Sla("ttm", LIMIT_S, START), START + timedelta(seconds=wall_s), CLOCK)
    assert state.stage == stage
    assert state.left_s == pytest.approx(left_s)


def test_an_sla_that_has_not_started_waits_with_all_of_its_time() -> None:
    assert count_down(Sla("ttr", LIMIT_S), START, CLOCK).stage == "waiting"
    assert count_down(Sla("ttr", LIMIT_S), START, CLOCK).left_s == LIMIT_S


@given(st.floats(0.1, 1e5), st.floats(0.1, 1000), st.floats(0, 1e4), st.floats(0, 1e4))
def test_a_stopped_sla_is_met_exactly_if_it_took_no_longer_than_its_limit_whatever_the_time_now(
    limit_s: float, clock: float, took_s: float, later_s: float
) -> None:
    stopped_at = START + timedelta(seconds=took_s)
    state = count_down(
        Sla("ttd", limit_s, START, stopped_at), stopped_at + timedelta(seconds=later_s), RunningTime(clock)
    )
    took_drill_s = (stopped_at - START).total_seconds() * clock
    assert state.stage == ("met" if took_drill_s <= limit_s + 1e-6 else "missed")
    assert state.elapsed_s == pytest.approx(took_drill_s)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.4, "59s"),
        (59.6, "1m"),
        (250, "4m 10s"),
        (3600, "1h"),
        (3900, "1h 05m"),
        (100_000, "1d 03h"),
        (-48, "−48s"),
        (-0.2, "0s"),
    ],
)
def test_drill_time_in_words(seconds: float, text: str) -> None:
    assert drill_time(seconds) == text


def test_wall_time_stands_beside_drill_time() -> None:
    assert both_times(250, 60) == "4m 10s (4.2 s)"
    assert wall_time(165) == "2 min 45 s"


@given(st.lists(st.floats(0, 100)).map(sorted), st.floats(0.1, 20))
def test_labels_in_one_row_never_come_closer_than_the_gap(positions: list[float], gap: float) -> None:
    rows = lanes(positions, gap)
    for row in set(rows):
        placed = [position for position, at in zip(positions, rows, strict=True) if at == row]
        assert all(later - earlier >= gap for earlier, later in pairwise(placed))


def test_labels_far_apart_all_stay_in_the_lowest_row() -> None:
    assert lanes([0, 10, 20], 5) == (0, 0, 0)
    assert lanes([0, 1, 2, 10], 5) == (0, 1, 2, 0)


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=40))
def test_a_sparkline_has_a_sign_per_value_and_a_gap_where_there_is_none(values: list[float | None]) -> None:
    drawn = sparkline(values, least_top=1.0)
    assert len(drawn) == len(values)
    assert [sign == " " for sign in drawn] == [value is None for value in values]
