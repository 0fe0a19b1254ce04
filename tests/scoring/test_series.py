"""Several runs together: known values, and what never came is never a number."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.playbook import Playbook
from scoring.scorecard import score
from scoring.series import Run, median, percentile, summarise, summarise_runs, wilson
from scoring.tendency import LEAST_RUNS, trend
from scoring.timeline import Timeline

NEVER, CENSORED, ABSENT = Run(None, "missed"), Run(None, "censored"), Run(None, "not_assessed")


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilsons_interval_has_the_values_that_statisticians_get(count: int, of: int, low: float, high: float) -> None:
    """As statsmodels' `proportion_confint(count, of, method="wilson")` gives them."""
    assert wilson(count, of) == pytest.approx((low, high), abs=1e-4)


@given(of=st.integers(1, 10_000), data=st.data())
def test_wilsons_interval_holds_the_share_and_stays_between_none_and_all(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    low, high = wilson(count, of)
    assert low is not None
    assert high is not None
    assert -1e-6 <= low <= count / of + 1e-6
    assert count / of - 1e-6 <= high <= 1 + 1e-6


def test_runs_are_counted_by_what_became_of_them() -> None:
    found = summarise([Run(100, "met"), Run(300, "missed"), NEVER, CENSORED, ABSENT, Run(200, "met")])
    assert (found.n, found.n_censored, found.n_missed_without_end) == (5, 1, 1)
    assert (found.judged, found.met, found.share) == (4, 2, 0.5)
    assert found.median_s == 250
    assert found.p85_s is None


def test_nothing_judged_is_nothing_known() -> None:
    found = summarise([CENSORED, ABSENT])
    assert (found.n, found.judged, found.share, found.wilson_low, found.median_s, found.p85_s) == (
        1,
        0,
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("values", "middle", "p85"),
    [
        ([5], 5, 5),
        ([1, 2], 1.5, 2),
        ([3, 1, 2], 2, 3),
        ([1, 2, inf], 2, None),
        ([1, inf], None, None),
        (list(range(1, 21)), 10.5, 17),
        ([*range(1, 20), inf], 10.5, 17),
    ],
)
def test_median_and_percentile_take_their_place_in_order(values: list[float], middle: float, p85: float) -> None:
    assert (median(values), percentile(values, 85)) == (middle, p85)


@given(times=st.lists(st.floats(0, 1e6), max_size=30), never=st.integers(0, 30), more=st.integers(1, 5))
def test_one_more_miss_never_makes_a_series_look_faster(times: list[float], never: int, more: int) -> None:
    before = summarise([Run(t, "met") for t in times] + [NEVER] * never)
    after = summarise([Run(t, "met") for t in times] + [NEVER] * (never + more))
    for name in ("median_s", "p85_s"):
        was, now = getattr(before, name), getattr(after, name)
        assert now is None or was is None or now >= was or not times
        if was is None and times:
            assert now is None
    assert (after.share or 0) <= (before.share or 1)


@pytest.mark.parametrize(
    ("values", "direction", "slope"),
    [
        ([1, 2, 3, 4], None, None),
        ([1, 2, 3, 4, 5], "rising", 1),
        ([50, 40, 30, 20, 10, 0], "falling", -10),
        ([1, 1, 1, 1, 1, 1], "none", None),
        ([1, 5, 2, 4, 3], "none", None),
        ([1, 2, 3, 4, 5, inf, inf], "rising", 1),
        ([inf, inf, inf, 1, inf, 0], "none", None),
        ([inf] * 5 + [4, 3, 2, 1], "falling", None),
    ],
)
def test_a_trend_needs_five_runs_and_a_test(values: list[float], direction: str | None, slope: float | None) -> None:
    found = trend(values)
    assert (found.direction, found.slope) == (direction, slope)
    assert found.why.endswith(".")


def test_a_trends_figures_are_those_of_mann_and_kendall() -> None:
    """By hand: of 21 pairs one is the wrong way round, S = 19, variance 44.33, z = 18 / 6.66 = 2.70."""
    found = trend([1, 2, 4, 3, 5, 6, 7])
    assert found.tau == pytest.approx(19 / 21, abs=1e-4)
    assert found.p == pytest.approx(0.0069, abs=1e-4)
    assert found.slope == pytest.approx(1.0)


@given(values=st.lists(st.floats(0, 1e6), max_size=12))
def test_a_trend_backwards_is_the_other_trend(values: list[float]) -> None:
    forwards, backwards = trend(values), trend(values[::-1])
    assert forwards.p == backwards.p
    assert (forwards.direction is None) == (len(values) < LEAST_RUNS)
    other = {"rising": "falling", "falling": "rising"}
    assert backwards.direction == other.get(forwards.direction or "", forwards.direction)


def test_drills_without_a_verdict_are_counted_and_nothing_more(
    told: Callable[[Mapping[str, Any]], Timeline], playbook: Playbook
) -> None:
    served = {"load": {"0-9": 0, "9-14": 0.4, "14-60": 0}, "checks": {"9-14": "bad", "14-60": "ok"}}
    good = {**served, "events": [[8, "fault.injected"], [9, "alert.firing", {"name": "SlotsExhausted"}]]}
    bad = {"load": {"0-9": 0, "9-60": 0.4}, "events": [[8, "fault.injected"]]}
    aborted = {**bad, "ended": None, "events": [[8, "fault.injected"], [50, "drill.aborted"]]}
    nothing = {"load": {"0-60": 0}}
    cards = [score(told(case), playbook) for case in (good, bad, aborted, nothing, good)]
    found = summarise_runs(cards)
    assert (found.runs, found.scored, found.aborted, found.inconclusive) == (5, 3, 1, 1)
    assert (found.measures["ttd"].judged, found.measures["ttd"].met) == (3, 2)
    assert (found.measures["ttm"].n_missed_without_end, found.measures["ttm"].median_s) == (1, 300)
    assert found.score.hard_fails == 1
    assert found.score.lowest == cards[1].score
    assert found.score.trend.direction is None
    assert '"median_s":300.0' in found.to_json()
