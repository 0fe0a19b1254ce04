"""From text to a plan: `promql-parser` parses, this module keeps what the evaluator knows and refuses the rest.

An expression that passes here can be evaluated; nothing unknown is left to be found while a drill runs.
"""

from datetime import timedelta
from typing import Any, Literal

import promql_parser as parser

from simulator.monitor.errors import BadQuery
from simulator.monitor.labels import NAME
from simulator.monitor.patterns import anchored
from simulator.monitor.promql.functions import KNOWN_FUNCTIONS
from simulator.monitor.promql.plan import (
    Aggregate,
    Binary,
    Call,
    Instant,
    Matcher,
    Matching,
    MatchOp,
    Negate,
    Number,
    Plan,
    Subquery,
    Text,
    When,
    Window,
)

AGGREGATORS = (
    "avg", "bottomk", "count", "count_values", "group", "max", "min", "quantile", "stddev", "stdvar", "sum",
    "topk",
)  # fmt: skip


def read(text: str) -> Plan:
    """The plan of an expression.

    Raises BadQuery, in one line, for text that is not PromQL and for PromQL that is not supported here.
    """
    try:
        return _lower(parser.parse(text))
    except ValueError as error:
        raise BadQuery(f"{_one_line(text)}: {_one_line(str(error))}") from error


def _lower(expr: Any) -> Plan:
    match expr:
        case parser.NumberLiteral():
            return Number(float(expr.val))
        case parser.StringLiteral():
            return Text(str(expr.val))
        case parser.ParenExpr():
            return _lower(expr.expr)
        case parser.UnaryExpr():
            return Negate(_lower(expr.expr))
        case parser.VectorSelector():
            return Instant(_matchers(expr), _when(expr))
        case parser.MatrixSelector():
            selector = expr.vector_selector
            return Window(_matchers(selector), _milliseconds(expr.range), _when(selector))
        case parser.SubqueryExpr():
            step = _milliseconds(expr.step) if expr.step else None
            return Subquery(_lower(expr.expr), _milliseconds(expr.range), step, _when(expr))
        case parser.Call():
            return _call(expr)
        case parser.AggregateExpr():
            return _aggregate(expr)
        case parser.BinaryExpr():
            return _binary(expr)
        case _:
            raise ValueError(f"{type(expr).__name__} is not supported by this monitor")


def _call(expr: Any) -> Call:
    name = str(expr.func.name)
    if name not in KNOWN_FUNCTIONS:
        known = ", ".join(sorted(KNOWN_FUNCTIONS))
        raise ValueError(f"the function {name}() is not supported by this monitor; it knows {known}")
    arguments = tuple(_lower(argument) for argument in expr.args)
    if name == "label_replace" and isinstance(arguments[4], Text):
        anchored(arguments[4].value)
    return Call(name, arguments)


def _aggregate(expr: Any) -> Aggregate:
    operator = str(expr.op)
    if operator not in AGGREGATORS:
        raise ValueError(
            f"the aggregation {operator} is not supported by this monitor; it knows {', '.join(AGGREGATORS)}"
        )
    modifier = expr.modifier
    parameter = None if expr.param is None else _lower(expr.param)
    labels = tuple(modifier.labels) if modifier else ()
    is_without = modifier is not None and modifier.type == parser.AggModifierType.Without
    return Aggregate(operator, _lower(expr.expr), parameter, labels, is_without)


def _binary(expr: Any) -> Binary:
    modifier = expr.modifier
    matching, returns_bool = Matching(), False
    if modifier is not None:
        if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
            raise ValueError("fill() is not supported by this monitor")
        on = modifier.matching is not None and modifier.matching.type == parser.LabelModifierType.Include
        labels = tuple(modifier.matching.labels) if modifier.matching else ()
        matching = Matching(labels, on, _many_side(modifier.card), tuple(modifier.group_labels or ()))
        returns_bool = bool(modifier.return_bool)
    return Binary(str(expr.op), _lower(expr.lhs), _lower(expr.rhs), returns_bool, matching)


def _many_side(card: Any) -> Literal["none", "left", "right"]:
    if card == parser.VectorMatchCardinality.ManyToOne:
        return "left"
    return "right" if card == parser.VectorMatchCardinality.OneToMany else "none"


def _matchers(selector: Any) -> tuple[Matcher, ...]:
    if selector.matchers.or_matchers:
        raise ValueError("'or' between matchers is not supported by this monitor")
    named = [Matcher(NAME, "=", str(selector.name))] if selector.name else []
    for matcher in selector.matchers.matchers:
        lowered = Matcher(str(matcher.name), _operator(matcher.op), str(matcher.value))
        if lowered.op in ("=~", "!~"):
            anchored(lowered.value)
        named.append(lowered)
    return tuple(named)


def _operator(op: Any) -> MatchOp:
    if op == parser.MatchOp.Equal:
        return "="
    if op == parser.MatchOp.NotEqual:
        return "!="
    return "=~" if op == parser.MatchOp.Re else "!~"


def _when(selector: Any) -> When:
    offset_ms = _milliseconds(selector.offset) if selector.offset else 0
    at = selector.at
    if at is None:
        return When(offset_ms)
    if at.type == parser.AtModifierType.Start:
        return When(offset_ms, "start")
    if at.type == parser.AtModifierType.End:
        return When(offset_ms, "end")
    return When(offset_ms, round(at.at.timestamp() * 1000))


def _milliseconds(delta: timedelta | None) -> int:
    return 0 if delta is None else delta // timedelta(milliseconds=1)


def _one_line(text: str) -> str:
    return " ".join(text.split())
