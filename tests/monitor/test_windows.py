"""What must hold of rates and increases, whatever the counter did."""

import math
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from simulator.monitor.promql.windows import Samples, extrapolated


@st.composite
def counters(draw: st.DrawFn) -> tuple[Samples, float]:
    """A counter scraped at uneven instants, with resets, and by how much it really grew between them."""
    gaps = draw(st.lists(st.integers(100, 60_000), min_size=1, max_size=30))
    at_ms = list(accumulate(gaps, initial=1_000_000))
    value, values, grown = float(draw(st.integers(0, 1000))), [], 0.0
    for index in range(len(at_ms)):
        if index:
            step = float(draw(st.integers(0, 1000)))
            is_reset = value > step and draw(st.booleans())
            value, grown = (step if is_reset else value + step), grown + step
        values.append(value)
    before, after = draw(st.integers(1, 60_000)), draw(st.integers(0, 60_000))
    return Samples(at_ms, values, at_ms[0] - before, at_ms[-1] + after), grown


@given(counters())
def test_an_increase_is_at_least_what_was_seen_and_at_most_that_stretched_to_the_window(
    case: tuple[Samples, float],
) -> None:
    samples, grown = case
    increase = extrapolated(samples, is_counter=True, is_rate=False)
    stretch = (samples.until_ms - samples.after_ms) / (samples.at_ms[-1] - samples.at_ms[0])
    assert increase is not None
    assert grown * (1 - 1e-9) <= increase <= grown * stretch * (1 + 1e-9)


@given(counters())
def test_a_rate_is_the_increase_per_second_of_the_window(case: tuple[Samples, float]) -> None:
    samples, _ = case
    increase = extrapolated(samples, is_counter=True, is_rate=False)
    rate = extrapolated(samples, is_counter=True, is_rate=True)
    assert increase is not None
    assert rate is not None
    assert math.isclose(rate * (samples.until_ms - samples.after_ms) / 1000, increase, abs_tol=1e-9)


@given(st.floats(0.1, 1000), st.integers(2, 60), st.integers(100, 15_000))
def test_a_steady_counter_has_its_own_rate(per_second: float, count: int, gap_ms: int) -> None:
    at_ms = [10**9 + index * gap_ms for index in range(count)]
    values = [1e6 + per_second * (at - at_ms[0]) / 1000 for at in at_ms]
    rate = extrapolated(
        Samples(at_ms, values, at_ms[0] - gap_ms // 2, at_ms[-1] + gap_ms // 2), is_counter=True, is_rate=True
    )
    assert rate is not None
    assert math.isclose(rate, per_second, rel_tol=1e-3)


def test_one_sample_has_no_rate() -> None:
    assert extrapolated(Samples([5], [1.0], 0, 10), is_counter=True, is_rate=True) is None
