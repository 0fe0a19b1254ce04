"""Operators between scalars and vectors, and how two vectors find each other's elements."""

import math
import operator
from collections.abc import Callable, Mapping

from simulator.monitor.errors import QueryFailed
from simulator.monitor.labels import NAME, Labels, drop, from_mapping, keep, show, without_name
from simulator.monitor.promql.functions import Sample, Vector
from simulator.monitor.promql.plan import Matching


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def _modulo(left: float, right: float) -> float:
    if right == 0 or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:  # 0 ** negative, or a root of a negative number
        return math.inf if left == 0 else math.nan


ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "atan2": math.atan2,
}
COMPARISON: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def scalars(op: str, left: float, right: float) -> float:
    """Two numbers; a comparison gives 1 or 0."""
    return ARITHMETIC[op](left, right) if op in ARITHMETIC else float(COMPARISON[op](left, right))


def vector_scalar(op: str, vector: Vector, scalar: float, *, scalar_is_left: bool, as_bool: bool) -> Vector:
    """Each element with a number. A comparison keeps the elements for which it holds, or gives 1 and 0."""
    answer = []
    for sample in vector:
        pair = (scalar, sample.value) if scalar_is_left else (sample.value, scalar)
        if op in ARITHMETIC:
            answer.append(Sample(without_name(sample.labels), ARITHMETIC[op](*pair), sample.at_ms))
        elif as_bool:
            answer.append(Sample(without_name(sample.labels), float(COMPARISON[op](*pair)), sample.at_ms))
        elif COMPARISON[op](*pair):
            answer.append(sample)
    return answer


def signature(labels: Labels, matching: Matching) -> Labels:
    """What two elements must share to be joined."""
    return keep(labels, matching.labels) if matching.is_on else drop(labels, (*matching.labels, NAME))


def sets(op: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    """`and`, `or` and `unless`."""
    if op == "or":
        known = {signature(sample.labels, matching) for sample in left}
        return left + [sample for sample in right if signature(sample.labels, matching) not in known]
    known = {signature(sample.labels, matching) for sample in right}
    return [sample for sample in left if (signature(sample.labels, matching) in known) is (op == "and")]


def vectors(op: str, left: Vector, right: Vector, matching: Matching, *, as_bool: bool) -> Vector:
    """Element by element, one to one or many to one.

    Raises QueryFailed where Prometheus does: several elements on the "one" side, or equal results.
    """
    many, one, one_side = (right, left, "left") if matching.many == "right" else (left, right, "right")
    partners: dict[Labels, Sample] = {}
    for sample in one:
        key = signature(sample.labels, matching)
        if key in partners:
            raise QueryFailed(
                f"found duplicate series for the match group {show(key)} on the {one_side} hand-side of the "
                f"operation: [{show(sample.labels)}, {show(partners[key].labels)}]; many-to-many matching "
                "not allowed: matching labels must be unique on one side"
            )
        partners[key] = sample
    answer: Vector = []
    met: set[Labels] = set()
    for sample in many:
        key = signature(sample.labels, matching)
        partner = partners.get(key)
        if partner is None:
            continue
        if matching.many == "none":
            if key in met:
                raise QueryFailed(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                )
            met.add(key)
        pair = (partner.value, sample.value) if matching.many == "right" else (sample.value, partner.value)
        if op in ARITHMETIC:
            value = ARITHMETIC[op](*pair)
        elif as_bool:
            value = float(COMPARISON[op](*pair))
        elif COMPARISON[op](*pair):
            value = pair[0]
        else:
            continue
        labels = _joined(sample.labels, partner.labels, matching, drops_name=op in ARITHMETIC or as_bool)
        if matching.many != "none":
            if labels in met:
                raise QueryFailed("multiple matches for labels: grouping labels must ensure unique matches")
            met.add(labels)
        answer.append(Sample(labels, value, sample.at_ms))
    return answer


def _joined(many: Labels, one: Labels, matching: Matching, *, drops_name: bool) -> Labels:
    labels = without_name(many) if drops_name else many
    if matching.many == "none":
        labels = keep(labels, matching.labels) if matching.is_on else drop(labels, matching.labels)
    if not matching.include:
        return labels
    taken, given = dict(labels), dict(one)
    for name in matching.include:
        taken[name] = given.get(name, "")
    return from_mapping(taken)
