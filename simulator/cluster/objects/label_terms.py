"""The language of label selectors, `a=b,c!=d,e in (f,g),!h,i>1`, as k8s.io/apimachinery (labels) reads it. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.cluster import errors
from simulator.cluster.errors import Cause
from simulator.cluster.objects import naming

_TOKEN = re.compile(r"\s*(?:(?P<sign>==|!=|[=!<>(),])|(?P<word>[^\s=!<>(),\x00]+))")
_OPERATORS = {"=": "In", "==": "In", "!=": "NotIn", "in": "In", "notin": "NotIn", ">": "Gt", "<": "Lt"}
_BINARY = "in, notin, =, ==, !=, gt, lt"
_END = ""


@dataclass(frozen=True)
class Term:
    """One requirement: a key, In, NotIn, Exists, DoesNotExist, Gt or Lt, and values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


def parse(text: str) -> tuple[Term, ...]:
    """All terms of a selector; `ApiError` 400 in the parser's words if it does not parse."""
    try:
        return tuple(_Parser(text).terms())
    except ValueError as error:
        raise errors.bad_request(str(error)) from None


class _Parser:
    def __init__(self, text: str) -> None:
        text = text.partition("\x00")[0]
        self._tokens = [match["sign"] or match["word"] for match in _TOKEN.finditer(text)] + [_END]
        self._at = 0

    def terms(self) -> Iterator[Term]:
        if self._next == _END:
            return
        if not self._is_word(self._next) and self._next != "!":
            raise ValueError(f"found '{self._next}', expected: !, identifier, or 'end of string'")
        while True:
            try:
                term = self._term()
            except ValueError as error:
                raise ValueError(f"unable to parse requirement: {error}") from None
            yield term
            after = self._take()
            if after == _END:
                return
            if after != ",":
                raise ValueError(f"found '{after}', expected: ',' or 'end of string'")
            if not self._is_word(self._next) and self._next != "!":
                raise ValueError(f"found '{self._next}', expected: identifier after ','")

    def _term(self) -> Term:
        key, is_negated = self._take(), False
        if key == "!":
            key, is_negated = self._take(), True
        if not self._is_word(key):
            raise ValueError(f"found '{key}', expected: identifier")
        self._refuse(naming.label_key(key, "<nil>"), key)
        if self._next in (_END, ","):
            return Term(key, "DoesNotExist" if is_negated else "Exists")
        if is_negated:
            return Term(key, "DoesNotExist")
        sign = self._take()
        operator = _OPERATORS.get(sign)
        if operator is None:
            raise ValueError(f"found '{sign}', expected: {_BINARY}")
        values = self._values() if sign in ("in", "notin") else [self._value()]
        self._check(key, operator, values)
        return Term(key, operator, tuple(values))

    def _check(self, key: str, operator: str, values: list[str]) -> None:
        for index, value in enumerate(sorted(set(values))):
            if operator in ("Gt", "Lt") and not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
                text = "for 'Gt', 'Lt' operators, the value must be an integer"
                raise ValueError(f"values[{index}]: Invalid value: {naming.quoted(value)}: {text}")
            self._refuse(naming.label_value(value, f"values[{index}][{key}]"), value)

    @staticmethod
    def _refuse(causes: Iterable[Cause], text: str) -> None:
        """All that is wrong with one key or value as one error."""
        found = list(causes)
        if found:
            start = f"Invalid value: {naming.quoted(text)}: "
            problems = "; ".join(cause.message.removeprefix(start) for cause in found)
            raise ValueError(f"{found[0].field}: {start}{problems}")

    def _value(self) -> str:
        if self._next in (_END, ","):
            return ""
        value = self._take()
        if not self._is_word(value):
            raise ValueError(f"found '{value}', expected: identifier")
        return value

    def _values(self) -> list[str]:
        opening = self._take()
        if opening != "(":
            raise ValueError(f"found '{opening}' expected: '('")
        if self._next == ")":
            self._take()
            return [""]
        if self._next != "," and not self._is_word(self._next):
            raise ValueError(f"found '{self._next}', expected: ',', ')' or identifier")
        values: list[str] = []
        was_comma = True
        while True:
            token = self._take()
            if self._is_word(token):
                values.append(token)
                was_comma = False
                if self._next not in (",", ")"):
                    raise ValueError(f"found '{self._next}', expected: ',' or ')'")
            elif token == ",":
                if was_comma:
                    values.append("")
                was_comma = True
            elif token == ")":
                return [*values, ""] if was_comma else values
            else:
                raise ValueError(f"found '{token}', expected: ',', or identifier")

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    @staticmethod
    def _is_word(token: str) -> bool:
        return token != _END and token[0] not in "=!<>(),"
