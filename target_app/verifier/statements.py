"""Propositional statements: read, and decided by trying every assignment of truth values.

statement  := disjunction [("->" | "→") statement]
disjunction := conjunction {("or" | "∨") conjunction}
conjunction := negation {("and" | "∧") negation}
negation   := ("not" | "¬") negation | "(" statement ")" | "True" | "False" | name
"""

import re
from collections.abc import Callable, Mapping
from itertools import product

MOST_NAMES = 10
_WORD = re.compile(r"\s*(->|→|∧|∨|¬|[()]|\w+)")
_SYNONYMS = {"→": "->", "∧": "and", "∨": "or", "¬": "not"}

Assignment = Mapping[str, bool]
Formula = Callable[[Assignment], bool]


class BadStatement(Exception):
    """It cannot be read; the message says why."""


def counterexample(statement: str) -> dict[str, bool] | None:
    """An assignment under which the statement is false; None if it is proved. Raises `BadStatement`."""
    reader = _Reader(statement)
    formula = reader.read()
    names = sorted(reader.names)
    if len(names) > MOST_NAMES:
        raise BadStatement(f"{len(names)} names, {MOST_NAMES} at most")
    for values in product((True, False), repeat=len(names)):
        assignment = dict(zip(names, values, strict=True))
        if not formula(assignment):
            return assignment
    return None


class _Reader:
    """Reads one statement from left to right; `names` are those that it has met."""

    def __init__(self, statement: str) -> None:
        self.names: set[str] = set()
        self._words = _words(statement)
        self._at = 0

    def read(self) -> Formula:
        formula = self._statement()
        if self._at < len(self._words):
            raise BadStatement(f"unexpected {self._words[self._at]!r}")
        return formula

    def _statement(self) -> Formula:
        left = self._disjunction()
        if not self._takes("->"):
            return left
        right = self._statement()
        return lambda values: not left(values) or right(values)

    def _disjunction(self) -> Formula:
        parts = [self._conjunction()]
        while self._takes("or"):
            parts.append(self._conjunction())
        return lambda values: any(part(values) for part in parts)

    def _conjunction(self) -> Formula:
        parts = [self._negation()]
        while self._takes("and"):
            parts.append(self._negation())
        return lambda values: all(part(values) for part in parts)

    def _negation(self) -> Formula:
        if self._takes("not"):
            inner = self._negation()
            return lambda values: not inner(values)
        if self._takes("("):
            inner = self._statement()
            if not self._takes(")"):
                raise BadStatement("a parenthesis is not closed")
            return inner
        return self._atom()

    def _atom(self) -> Formula:
        word = self._words[self._at] if self._at < len(self._words) else ""
        if not word or word in (")", "->", "and", "or"):
            raise BadStatement(f"unexpected {word!r}" if word else "it ends too early")
        self._at += 1
        if word in ("True", "False"):
            return lambda _: word == "True"
        self.names.add(word)
        return lambda values: values[word]

    def _takes(self, word: str) -> bool:
        if self._at < len(self._words) and self._words[self._at] == word:
            self._at += 1
            return True
        return False


def _words(statement: str) -> list[str]:
    words, at, end = [], 0, len(statement.rstrip())
    while at < end:
        found = _WORD.match(statement, at)
        if found is None:
            raise BadStatement(f"unexpected {statement[at:].lstrip()[0]!r}")
        words.append(_SYNONYMS.get(found[1], found[1]))
        at = found.end()
    return words
