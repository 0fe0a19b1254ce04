"""Functions over instant vectors: one value to one value, label rewriting, histograms, the calendar."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from simulator.monitor.errors import QueryFailed
from simulator.monitor.labels import Labels, drop, from_mapping
from simulator.monitor.patterns import anchored, expand
from simulator.monitor.promql.windows import WINDOW_FUNCTIONS


class Sample(NamedTuple):
    """One element of an instant vector."""

    labels: Labels
    value: float
    at_ms: int


Vector = list[Sample]


def _guarded(function: Callable[[float], float], below: float) -> Callable[[float], float]:
    """A logarithm: -Inf at zero, `below` for negative values, as IEEE 754 and Go have it."""

    def logarithm(value: float) -> float:
        return -math.inf if value == 0 else below if value < 0 else function(value)

    return logarithm


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: float(function(value)) if math.isfinite(value) else value


def _round(value: float, nearest: float = 1.0) -> float:
    """Ties go up; the inverse of `nearest` is used, as Prometheus does, so that 0.1 stays exact."""
    if not math.isfinite(value) or nearest == 0:
        return value if nearest else math.nan
    inverse = 1 / nearest
    return math.floor(value * inverse + 0.5) / inverse


def _sign(value: float) -> float:
    return value if value == 0 or math.isnan(value) else math.copysign(1.0, value)


def _clamp(value: float, low: float, high: float) -> float:
    if math.isnan(low) or math.isnan(high):
        return math.nan
    return value if math.isnan(value) else max(low, min(high, value))


ELEMENTWISE: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "floor": _whole(math.floor),
    "round": _round,
    "exp": _exp,
    "sqrt": lambda value: math.sqrt(value) if value >= 0 else math.nan,
    "ln": _guarded(math.log, math.nan),
    "log2": _guarded(math.log2, math.nan),
    "log10": _guarded(math.log10, math.nan),
    "sgn": _sign,
    "clamp": _clamp,
    "clamp_min": lambda value, low: _clamp(value, low, math.inf),
    "clamp_max": lambda value, high: _clamp(value, -math.inf, high),
}

CALENDAR: Mapping[str, Callable[[datetime], int]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day_of_week": lambda at: at.isoweekday() % 7,
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}


def calendar(name: str, value_s: float) -> float:
    """A part of the UTC date of `value_s`, seconds since the epoch."""
    if not math.isfinite(value_s):
        return math.nan
    return float(CALENDAR[name](datetime.fromtimestamp(int(value_s), tz=UTC)))


KNOWN_FUNCTIONS = frozenset(
    {
        *ELEMENTWISE, *CALENDAR, *WINDOW_FUNCTIONS, "absent", "absent_over_time", "histogram_quantile",
        "label_join", "label_replace", "pi", "predict_linear", "quantile_over_time", "scalar", "sort",
        "sort_desc", "time", "timestamp", "vector",
    }
)  # fmt: skip


def label_replace(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> Vector:
    """Sets `target` where `pattern` matches the whole of `source`; empty removes the label."""
    compiled = anchored(pattern)
    _check_label_name("label_replace", target)
    answer = []
    for sample in vector:
        labels = dict(sample.labels)
        if match := compiled.fullmatch(labels.get(source, "")):
            labels[target] = expand(replacement, match)
        answer.append(sample._replace(labels=from_mapping(labels)))
    return answer


def label_join(vector: Vector, target: str, separator: str, sources: Sequence[str]) -> Vector:
    """Sets `target` to the values of `sources` with `separator` between them."""
    _check_label_name("label_join", target)
    answer = []
    for sample in vector:
        labels = dict(sample.labels)
        labels[target] = separator.join(labels.get(source, "") for source in sources)
        answer.append(sample._replace(labels=from_mapping(labels)))
    return answer


def _check_label_name(function: str, name: str) -> None:
    if not (name.isascii() and name.isidentifier()):
        raise QueryFailed(f"invalid destination label name in {function}(): {name}")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Cumulative count of observations up to and including `upper`."""

    upper: float
    count: float


def histogram_quantile(q: float, vector: Vector, at_ms: int) -> Vector:
    """The quantile of each classic histogram in `vector` (series that differ by `le` alone)."""
    groups: dict[Labels, list[Bucket]] = {}
    for sample in vector:
        try:
            upper = float(dict(sample.labels).get("le", "").replace("Inf", "inf"))
        except ValueError:
            continue
        groups.setdefault(drop(sample.labels, ("__name__", "le")), []).append(Bucket(upper, sample.value))
    return [Sample(labels, bucket_quantile(q, buckets), at_ms) for labels, buckets in groups.items()]


def bucket_quantile(q: float, buckets: Sequence[Bucket]) -> float:
    """Linear interpolation within the bucket that holds the rank (`promql/quantile.go`).

    NaN without a `+Inf` bucket, with fewer than two buckets, or with no observation.
    """
    if math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    merged: dict[float, float] = {}
    for bucket in buckets:
        merged[bucket.upper] = merged.get(bucket.upper, 0.0) + bucket.count
    uppers = sorted(merged)
    if len(uppers) < 2 or uppers[-1] != math.inf:
        return math.nan
    counts: list[float] = []
    for upper in uppers:
        counts.append(max(merged[upper], counts[-1]) if counts else merged[upper])
    if counts[-1] == 0 or math.isnan(counts[-1]):
        return math.nan
    rank = q * counts[-1]
    index = next((i for i, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if index == len(counts) - 1:
        return uppers[-2]
    if index == 0 and uppers[0] <= 0:
        return uppers[0]
    start, below = (uppers[index - 1], counts[index - 1]) if index else (0.0, 0.0)
    if counts[index] == below:
        return start
    return start + (uppers[index] - start) * ((rank - below) / (counts[index] - below))
