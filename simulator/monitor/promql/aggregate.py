"""Aggregations: many elements to one per group, or the few that a group picks."""

import math
from collections.abc import Callable, Mapping, Sequence

from simulator.monitor.errors import QueryFailed
from simulator.monitor.labels import NAME, Labels, drop, from_mapping, keep
from simulator.monitor.numbers import plain
from simulator.monitor.promql.functions import Sample, Vector
from simulator.monitor.promql.windows import largest, mean, quantile, smallest, total, variance

_REDUCERS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": total,
    "avg": mean,
    "min": smallest,
    "max": largest,
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
    "stdvar": variance,
    "stddev": lambda values: math.sqrt(variance(values)),
}


def aggregate(
    op: str,
    vector: Vector,
    parameter: float | str | None,
    names: tuple[str, ...],
    *,
    is_without: bool,
    at_ms: int,
) -> Vector:
    """The aggregation `op` over groups by, or without, the labels in `names`.

    `parameter` is k, the quantile (0–1) or the label for the value, as the operator needs.
    """
    groups: dict[Labels, Vector] = {}
    unwanted = (*names, NAME)
    for sample in vector:
        key = drop(sample.labels, unwanted) if is_without else keep(sample.labels, names) if names else ()
        groups.setdefault(key, []).append(sample)
    if op in ("topk", "bottomk"):
        return _pick(groups, float(parameter or 0), is_top=op == "topk")
    if op == "count_values":
        return _count_values(groups, str(parameter), at_ms)
    if op == "quantile":
        q = float(parameter or 0)
        return [Sample(key, quantile(q, [s.value for s in group]), at_ms) for key, group in groups.items()]
    reduce = _REDUCERS[op]
    return [Sample(key, reduce([s.value for s in group]), at_ms) for key, group in groups.items()]


def _pick(groups: Mapping[Labels, Vector], k: float, *, is_top: bool) -> Vector:
    if math.isnan(k):
        raise QueryFailed("the k of topk and bottomk must not be NaN")
    picked: Vector = []
    for group in groups.values():
        ordered = sorted(group, key=lambda sample: sample.value, reverse=is_top)
        ordered.sort(key=lambda sample: math.isnan(sample.value))
        picked += ordered[: max(0, int(min(k, len(group))))]
    return picked


def _count_values(groups: Mapping[Labels, Vector], label: str, at_ms: int) -> Vector:
    counts: dict[Labels, int] = {}
    for key, group in groups.items():
        for sample in group:
            value = from_mapping({**dict(key), label: plain(sample.value)})
            counts[value] = counts.get(value, 0) + 1
    return [Sample(labels, float(count), at_ms) for labels, count in counts.items()]
