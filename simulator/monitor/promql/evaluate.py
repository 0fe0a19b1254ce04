"""Answers a plan from stored samples, at one instant or over a range of instants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from simulator.monitor.errors import QueryFailed
from simulator.monitor.labels import NAME, Labels, from_mapping, without_name
from simulator.monitor.promql import binary
from simulator.monitor.promql.aggregate import aggregate
from simulator.monitor.promql.functions import (
    CALENDAR,
    ELEMENTWISE,
    Sample,
    Vector,
    calendar,
    histogram_quantile,
    label_join,
    label_replace,
)
from simulator.monitor.promql.plan import (
    Aggregate,
    Binary,
    Call,
    Instant,
    Matcher,
    Negate,
    Number,
    Plan,
    Subquery,
    Text,
    When,
    Window,
    kind_of,
)
from simulator.monitor.promql.windows import (
    KEEPS_NAME,
    WINDOW_FUNCTIONS,
    Samples,
    WindowFunction,
    predict_linear,
    quantile,
)


class SeriesSource(Protocol):
    """What the evaluator needs of one stored series."""

    @property
    def labels(self) -> Labels: ...
    @property
    def nameless(self) -> Labels: ...
    def latest(self, at_ms: int, lookback_ms: int) -> tuple[int, float] | None: ...
    def between(self, after_ms: int, until_ms: int) -> tuple[Sequence[int], Sequence[float]]: ...


class Source(Protocol):
    """What the evaluator needs of a storage."""

    def select(self, matchers: tuple[Matcher, ...]) -> Sequence[SeriesSource]: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when to evaluate; all times in milliseconds.

    `start_ms` and `end_ms` are the bounds of a range query (both the instant itself otherwise),
    `step_ms` is the default resolution of subqueries.
    """

    source: Source
    at_ms: int
    lookback_ms: int = 300_000
    step_ms: int = 60_000
    start_ms: int = 0
    end_ms: int = 0

    @classmethod
    def instant(cls, source: Source, at_ms: int, *, lookback_ms: int = 300_000, step_ms: int = 60_000) -> "Moment":
        return cls(source, at_ms, lookback_ms, step_ms, at_ms, at_ms)


class Row(NamedTuple):
    """One series of a range vector."""

    labels: Labels
    nameless: Labels
    samples: Samples


Answer = float | str | Vector | list[Row]


def evaluate(plan: Plan, moment: Moment) -> Answer:
    """A number, a text, an instant vector or, for a plan of kind `matrix`, the rows of a range vector.

    Raises QueryFailed where the data do not allow an answer.
    """
    match plan:
        case Number(value) | Text(value):
            return value
        case Window() | Subquery():
            return rows(plan, moment)
        case _ if kind_of(plan) == "scalar":
            return scalar(plan, moment)
        case _:
            return vector(plan, moment)


def scalar(plan: Plan, moment: Moment) -> float:
    """The answer of a plan of kind `scalar`."""
    match plan:
        case Number(value):
            return value
        case Negate(inner):
            return -scalar(inner, moment)
        case Binary(op, left, right):
            return binary.scalars(op, scalar(left, moment), scalar(right, moment))
        case Call("time"):
            return moment.at_ms / 1000
        case Call("pi"):
            return 3.141592653589793
        case Call("scalar", (inner,)):
            found = vector(inner, moment)
            return found[0].value if len(found) == 1 else float("nan")
        case _:
            raise QueryFailed(f"{plan} is no scalar")


def vector(plan: Plan, moment: Moment) -> Vector:
    """The answer of a plan of kind `vector`."""
    match plan:
        case Instant(matchers, when):
            at_ms = _instant_of(when, moment)
            found = ((s, s.latest(at_ms, moment.lookback_ms)) for s in moment.source.select(matchers))
            return [Sample(s.labels, hit[1], hit[0]) for s, hit in found if hit is not None]
        case Negate(inner):
            return _unique([Sample(without_name(s.labels), -s.value, s.at_ms) for s in vector(inner, moment)])
        case Aggregate(op, inner, parameter, names, is_without):
            given = None if parameter is None else _parameter(parameter, moment)
            return aggregate(op, vector(inner, moment), given, names, is_without=is_without, at_ms=moment.at_ms)
        case Binary():
            return _binary(plan, moment)
        case Call():
            return _unique(_call(plan, moment))
        case _:
            raise QueryFailed(f"{plan} is no instant vector")


def rows(plan: Plan, moment: Moment) -> list[Row]:
    """The answer of a plan of kind `matrix`; series without samples in the window are left out."""
    match plan:
        case Window(matchers, range_ms, when):
            until_ms = _instant_of(when, moment)
            after_ms = until_ms - range_ms
            answer = []
            for series in moment.source.select(matchers):
                instants, values = series.between(after_ms, until_ms)
                if instants:
                    answer.append(Row(series.labels, series.nameless, Samples(instants, values, after_ms, until_ms)))
            return answer
        case Subquery(inner, range_ms, step_ms, when):
            until_ms = _instant_of(when, moment)
            after_ms, step = until_ms - range_ms, step_ms or moment.step_ms
            first_ms = (after_ms // step + 1) * step
            found = over_steps(inner, replace(moment, start_ms=first_ms, end_ms=until_ms), step)
            return [
                Row(labels, without_name(labels), Samples(instants, values, after_ms, until_ms))
                for labels, (instants, values) in found.items()
            ]
        case _:
            raise QueryFailed(f"{plan} is no range vector")


def over_steps(plan: Plan, moment: Moment, step_ms: int) -> dict[Labels, tuple[list[int], list[float]]]:
    """The instants and values of each series from `moment.start_ms` to `moment.end_ms`, both included."""
    is_scalar = kind_of(plan) == "scalar"
    found: dict[Labels, tuple[list[int], list[float]]] = {}
    for at_ms in range(moment.start_ms, moment.end_ms + 1, step_ms):
        here = replace(moment, at_ms=at_ms)
        samples = [Sample((), scalar(plan, here), at_ms)] if is_scalar else vector(plan, here)
        for sample in samples:
            instants, values = found.setdefault(sample.labels, ([], []))
            instants.append(at_ms)
            values.append(sample.value)
    return found


def _instant_of(when: When, moment: Moment) -> int:
    match when.pinned:
        case None:
            at_ms = moment.at_ms
        case "start":
            at_ms = moment.start_ms
        case "end":
            at_ms = moment.end_ms
        case int(pinned):
            at_ms = pinned
    return at_ms - when.offset_ms


def _parameter(plan: Plan, moment: Moment) -> float | str:
    return plan.value if isinstance(plan, Text) else scalar(plan, moment)


def _binary(plan: Binary, moment: Moment) -> Vector:
    op, as_bool = plan.operator, plan.returns_bool
    if kind_of(plan.left) == "scalar":
        right, number = vector(plan.right, moment), scalar(plan.left, moment)
        return _unique(binary.vector_scalar(op, right, number, scalar_is_left=True, as_bool=as_bool))
    left = vector(plan.left, moment)
    if kind_of(plan.right) == "scalar":
        number = scalar(plan.right, moment)
        return _unique(binary.vector_scalar(op, left, number, scalar_is_left=False, as_bool=as_bool))
    right = vector(plan.right, moment)
    if op in ("and", "or", "unless"):
        return binary.sets(op, left, right, plan.matching)
    return binary.vectors(op, left, right, plan.matching, as_bool=as_bool)


def _call(plan: Call, moment: Moment) -> Vector:
    name, arguments, at_ms = plan.function, plan.arguments, moment.at_ms
    if name in WINDOW_FUNCTIONS:
        return _over_windows(arguments[0], moment, WINDOW_FUNCTIONS[name], keeps_name=name in KEEPS_NAME)
    if name in ELEMENTWISE:
        numbers = [scalar(argument, moment) for argument in arguments[1:]]
        if name == "clamp" and numbers[0] > numbers[1]:
            return []
        function = ELEMENTWISE[name]
        return [
            Sample(without_name(s.labels), function(s.value, *numbers), at_ms) for s in vector(arguments[0], moment)
        ]
    if name in CALENDAR:
        if not arguments:
            return [Sample((), calendar(name, at_ms / 1000), at_ms)]
        found = vector(arguments[0], moment)
        return [Sample(without_name(s.labels), calendar(name, s.value), at_ms) for s in found]
    return _special(name, arguments, moment)


def _special(name: str, arguments: tuple[Plan, ...], moment: Moment) -> Vector:
    at_ms = moment.at_ms
    match name:
        case "vector":
            return [Sample((), scalar(arguments[0], moment), at_ms)]
        case "timestamp":
            taken = isinstance(arguments[0], Instant)
            return [
                Sample(without_name(s.labels), (s.at_ms if taken else at_ms) / 1000, at_ms)
                for s in vector(arguments[0], moment)
            ]
        case "absent":
            return [] if vector(arguments[0], moment) else [Sample(_asked_for(arguments[0]), 1.0, at_ms)]
        case "absent_over_time":
            return [] if rows(arguments[0], moment) else [Sample(_asked_for(arguments[0]), 1.0, at_ms)]
        case "sort" | "sort_desc":
            found = vector(arguments[0], moment)
            found = sorted(found, key=lambda sample: sample.value, reverse=name == "sort_desc")
            return sorted(found, key=lambda sample: sample.value != sample.value)
        case "histogram_quantile":
            return histogram_quantile(scalar(arguments[0], moment), vector(arguments[1], moment), at_ms)
        case "quantile_over_time":
            q = scalar(arguments[0], moment)
            return _over_windows(arguments[1], moment, lambda samples: quantile(q, samples.values))
        case "predict_linear":
            ahead_s = scalar(arguments[1], moment)
            return _over_windows(arguments[0], moment, lambda samples: predict_linear(samples, at_ms, ahead_s))
        case "label_replace":
            return label_replace(vector(arguments[0], moment), *_texts(arguments[1:]))
        case "label_join":
            target, separator, *sources = _texts(arguments[1:])
            return label_join(vector(arguments[0], moment), target, separator, sources)
        case _:
            raise QueryFailed(f"the function {name}() is not known")


def _over_windows(plan: Plan, moment: Moment, function: WindowFunction, *, keeps_name: bool = False) -> Vector:
    answer = []
    for row in rows(plan, moment):
        value = function(row.samples)
        if value is not None:
            answer.append(Sample(row.labels if keeps_name else row.nameless, value, moment.at_ms))
    return answer


def _texts(arguments: Sequence[Plan]) -> Iterator[str]:
    for argument in arguments:
        if not isinstance(argument, Text):
            raise QueryFailed("expected a string literal")
        yield argument.value


def _asked_for(plan: Plan) -> Labels:
    """The labels that `absent` can tell from the selector: those asked for by exactly one equality."""
    if not isinstance(plan, Instant | Window):
        return ()
    wanted: dict[str, str] = {}
    asked: set[str] = set()
    for matcher in plan.matchers:
        if matcher.name == NAME:
            continue
        wanted[matcher.name] = matcher.value if matcher.op == "=" and matcher.name not in asked else ""
        asked.add(matcher.name)
    return from_mapping(wanted)


def _unique(found: Vector) -> Vector:
    if len(found) > 1 and len({sample.labels for sample in found}) < len(found):
        raise QueryFailed("vector cannot contain metrics with the same labelset")
    return found
