"""Functions over the samples of one series in a window: rates, changes, and everything `_over_time`.

The formulas are those of Prometheus 3 (`promql/functions.go`); a window is open on the left.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Samples:
    """What a window holds of one series: instants in ms, values, and the window's own bounds in ms."""

    at_ms: Sequence[int]
    values: Sequence[float]
    after_ms: int
    until_ms: int


WindowFunction = Callable[[Samples], float | None]
"""None: there is too little data, and the series is not in the answer."""


def extrapolated(samples: Samples, *, is_counter: bool, is_rate: bool) -> float | None:
    """The growth over the whole window, extrapolated from the samples in it (`extrapolatedRate`).

    Counters may reset: a fall counts as a start from zero, and no counter is extrapolated below zero. Where
    the samples stop short of a bound by more than 1.1 average gaps, only half a gap is added there.
    """
    at_ms, values = samples.at_ms, samples.values
    if len(values) < 2:
        return None
    growth = values[-1] - values[0]
    if is_counter:
        for before, after in pairwise(values):
            if after < before:
                growth += before
    to_start_s = (at_ms[0] - samples.after_ms) / 1000
    to_end_s = (samples.until_ms - at_ms[-1]) / 1000
    sampled_s = (at_ms[-1] - at_ms[0]) / 1000
    gap_s = sampled_s / (len(values) - 1)
    if to_start_s >= gap_s * 1.1:
        to_start_s = gap_s / 2
    if is_counter and growth > 0 and values[0] >= 0:
        to_start_s = min(to_start_s, sampled_s * (values[0] / growth))
    if to_end_s >= gap_s * 1.1:
        to_end_s = gap_s / 2
    growth *= (sampled_s + to_start_s + to_end_s) / sampled_s
    return growth / ((samples.until_ms - samples.after_ms) / 1000) if is_rate else growth


def last_step(samples: Samples, *, is_counter: bool, is_rate: bool) -> float | None:
    """`irate` and `idelta`: from the last two samples alone."""
    if len(samples.values) < 2:
        return None
    before, after = samples.values[-2], samples.values[-1]
    growth = after if is_counter and after < before else after - before
    return growth / ((samples.at_ms[-1] - samples.at_ms[-2]) / 1000) if is_rate else growth


def regression(samples: Samples, from_ms: int) -> tuple[float, float]:
    """Slope per second and value at `from_ms` of the least-squares line."""
    values, xs = samples.values, [(at - from_ms) / 1000 for at in samples.at_ms]
    count = len(values)
    if all(value == values[0] for value in values):
        return (0.0 if math.isfinite(values[0]) else math.nan), values[0]
    x_mean, y_mean = total(xs) / count, total(values) / count
    variance = total([(x - x_mean) ** 2 for x in xs])
    slope = total([(x - x_mean) * (y - y_mean) for x, y in zip(xs, values, strict=True)]) / variance
    return slope, y_mean - slope * x_mean


def _deriv(samples: Samples) -> float | None:
    return None if len(samples.values) < 2 else regression(samples, samples.at_ms[0])[0]


def predict_linear(samples: Samples, at_ms: int, ahead_s: float) -> float | None:
    """The line's value `ahead_s` seconds after `at_ms`."""
    if len(samples.values) < 2:
        return None
    slope, intercept = regression(samples, at_ms)
    return slope * ahead_s + intercept


def total(values: Sequence[float]) -> float:
    """An exactly rounded sum; with infinities and NaN, what plain addition gives."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return float(sum(values))


def mean(values: Sequence[float]) -> float:
    """The average, also where the sum is too large for a number."""
    found = total(values) / len(values)
    return found if math.isfinite(found) else total([value / len(values) for value in values])


def variance(values: Sequence[float]) -> float:
    """Of the whole population, as Prometheus has it."""
    if not all(map(math.isfinite, values)):
        return math.nan
    middle = mean(values)
    return total([(value - middle) ** 2 for value in values]) / len(values)


def largest(values: Sequence[float]) -> float:
    """The maximum; NaN only if there is nothing else."""
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def smallest(values: Sequence[float]) -> float:
    """The minimum; NaN only if there is nothing else."""
    return min((value for value in values if not math.isnan(value)), default=math.nan)


def quantile(q: float, values: Sequence[float]) -> float:
    """Linear interpolation between the closest ranks; beyond 0–1 the infinities. NaN counts as smallest."""
    if not values or math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = q * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def _count_steps(is_step: Callable[[float, float], bool]) -> WindowFunction:
    return lambda samples: float(sum(is_step(a, b) for a, b in pairwise(samples.values)))


def _over(function: Callable[[Sequence[float]], float]) -> WindowFunction:
    return lambda samples: function(samples.values)


WINDOW_FUNCTIONS: Mapping[str, WindowFunction] = {
    "rate": lambda samples: extrapolated(samples, is_counter=True, is_rate=True),
    "increase": lambda samples: extrapolated(samples, is_counter=True, is_rate=False),
    "delta": lambda samples: extrapolated(samples, is_counter=False, is_rate=False),
    "irate": lambda samples: last_step(samples, is_counter=True, is_rate=True),
    "idelta": lambda samples: last_step(samples, is_counter=False, is_rate=False),
    "deriv": _deriv,
    "changes": _count_steps(lambda a, b: a != b and not (math.isnan(a) and math.isnan(b))),
    "resets": _count_steps(lambda a, b: b < a),
    "avg_over_time": _over(mean),
    "sum_over_time": _over(total),
    "min_over_time": _over(smallest),
    "max_over_time": _over(largest),
    "count_over_time": lambda samples: float(len(samples.values)),
    "present_over_time": lambda samples: 1.0,
    "last_over_time": lambda samples: samples.values[-1],
    "stdvar_over_time": _over(variance),
    "stddev_over_time": lambda samples: math.sqrt(variance(samples.values)),
}
KEEPS_NAME = frozenset({"last_over_time"})
