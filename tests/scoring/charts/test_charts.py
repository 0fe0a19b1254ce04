"""The chart of a drill: what it is made of, and that it draws what was measured."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scoring.charts.chart import MOST_COLUMNS, Chart, chart_of
from scoring.charts.drawing import draw
from scoring.playbook import Playbook
from scoring.publishing.palette import DARK, LIGHT, coloured
from scoring.scorecard import score
from scoring.timeline import Timeline

from ..conftest import build

Told = Callable[[Mapping[str, Any]], Timeline]
CASE = {
    "events": [
        [10, "fault.injected", {}],
        [11, "impact.started", {}],
        [14, "alert.firing", {"name": "Slots<Exhausted>"}],
        [15, "incident.acknowledged", {"who": "Ada & Bob"}],
        [50, "incident.resolved", {}],
    ],
    "load": {"0-11": 0.0, "11-20": 0.5, "20-60": 0.0},
    "checks": {"10-20": "bad", "20-60": "ok"},
}


@pytest.fixture
def chart(told: Told, playbook: Playbook) -> Chart:
    timeline = told(CASE)
    made = chart_of(timeline, score(timeline, playbook))
    assert made is not None
    return made


def test_a_column_is_what_users_were_served(chart: Chart) -> None:
    assert len(chart.columns) == 60
    bad = [column for column in chart.columns if column.error_share]
    assert [(column.served_per_s, column.failed_per_s, column.error_share) for column in bad] == [(25, 25, 0.5)] * 9
    assert all(column.to_s - column.from_s == pytest.approx(60) for column in chart.columns), "a second is a minute"
    assert (bad[0].from_s, chart.origin) == (0, "onset")
    assert chart.held is not None
    assert chart.held[0] == pytest.approx(9 * 60)
    assert chart.in_words() == (
        "Requests, failures and latency over 1 h of drill time: up to 50 requests per second, at worst 50 % of them "
        "failed, at worst one in twenty took longer than 40 ms."
    )


def test_without_load_there_is_no_chart(told: Told) -> None:
    assert chart_of(told({**CASE, "load": {}}), None) is None


def test_what_was_measured_while_the_clock_stood_is_left_out_and_the_rest_moves_together(told: Told) -> None:
    stopped = {**CASE, "events": [*CASE["events"], [30, "clock.stopped", {}], [40, "clock.started", {}]]}  # type: ignore[misc]
    chart = chart_of(told(stopped), None)
    assert chart is not None
    assert len(chart.columns) == 50
    assert all(b.from_s == pytest.approx(a.to_s) for a, b in pairwise(chart.columns)), "no gap is left"
    assert chart.to_s - chart.from_s == pytest.approx(50 * 60)


def test_a_long_drill_has_as_many_columns_as_can_be_told_apart(told: Told) -> None:
    chart = chart_of(told({**CASE, "load": {"0-5000": 0.1}, "ended": 5000}), None)
    assert chart is not None
    assert MOST_COLUMNS - 2 <= len(chart.columns) <= MOST_COLUMNS + 1
    assert sum(c.failed_per_s * (c.to_s - c.from_s) / 60 for c in chart.columns) == pytest.approx(25_000, rel=0.01)
    assert len(draw(chart)) < 60_000


def test_the_drawing_is_whole_and_has_every_mark(chart: Chart) -> None:
    svg = draw(chart)
    root = ElementTree.fromstring(svg)
    titles = [each.text for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [mark.text for mark in chart.marks]
    assert "alert fires: Slots<Exhausted>" in titles
    assert root.get("aria-label") == chart.in_words()
    assert "style=" not in svg, "a page's policy forbids it"
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"100 %", "0", "50", "1 s", "drill minutes from onset"} <= set(texts)


def test_every_colour_is_known_in_light_and_in_dark(chart: Chart) -> None:
    assert set(LIGHT) == set(DARK)
    for palette in (LIGHT, DARK):
        assert "var(" not in coloured(draw(chart), palette)
    assert LIGHT["failed"] in coloured(draw(chart))


@given(
    rates=some.lists(some.tuples(some.integers(0, 10**6), some.floats(0, 1)), min_size=1, max_size=40),
    clock=some.sampled_from([0.01, 1, 60, 10_000]),
)
def test_whatever_was_measured_can_be_drawn(rates: list[tuple[int, float]], clock: float) -> None:
    case = {"clock": clock, "load": {f"{n}-{n + 1}": [share, rate] for n, (rate, share) in enumerate(rates)}}
    chart = chart_of(Timeline.model_validate(build(case)), None)
    assert chart is not None
    svg = draw(chart)
    ElementTree.fromstring(svg)
    assert not re.search(r"nan|inf", svg)
    numbers = [float(number) for number in re.findall(r"[ML](-?[\d.]+) ", svg)]
    assert all(0 <= number <= 760 for number in numbers)
