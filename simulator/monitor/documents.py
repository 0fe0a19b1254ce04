"""YAML whose every value knows its file, line and path, so that one clear line can say what is wrong."""

from difflib import get_close_matches
from typing import Self

import yaml

from simulator.errors import BadInput
from simulator.monitor.durations import parse_duration

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


class Field:
    """One value of a document. All readers raise `error` (a kind of BadInput) naming file, line and field."""

    def __init__(self, file: str, node: yaml.Node, path: str, error: type[BadInput]) -> None:
        self.file, self.node, self.path, self.error = file, node, path, error

    @classmethod
    def read(cls, file: str, text: str, error: type[BadInput]) -> Self:
        """The root of a document. An empty document reads as an empty mapping."""
        try:
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as problem:
            last = max(1, len(text.splitlines()))  # one that is found at the end is told with the last line
            line = min(problem.problem_mark.line + 1, last) if problem.problem_mark else 1
            raise error(f"{file}:{line}: this is not YAML: {problem.problem}") from problem
        except yaml.YAMLError as problem:
            raise error(f"{file}:1: this is not YAML: {problem}") from problem
        if node is None:
            node = yaml.MappingNode("tag:yaml.org,2002:map", [], yaml.Mark(file, 0, 0, 0, None, 0))
        return cls(file, node, "", error)

    @property
    def line(self) -> int:
        """Counted from 1."""
        return int(self.node.start_mark.line) + 1

    def problem(self, message: str) -> BadInput:
        """The error to raise: where, which field, what is wrong and how to mend it."""
        field = f"field '{self.path}': " if self.path else ""
        return self.error(f"{self.file}:{self.line}: {field}{message}")

    def mapping(self, known: tuple[str, ...] | None = None) -> dict[str, "Field"]:
        """The fields of a mapping; with `known`, any other name is an error."""
        if self.is_null:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.problem("must be a mapping of names to values")
        fields: dict[str, Field] = {}
        for key, value in self.node.value:
            name = str(key.value)
            path = f"{self.path}.{name}" if self.path else name
            here = Field(self.file, key, path, self.error)
            if known is not None and name not in known:
                raise here.problem(f"is not known here; {_suggest(name, known)}")
            if name in fields:
                raise here.problem("is given twice; keep one")
            fields[name] = Field(self.file, value, path, self.error)
        return fields

    def items(self) -> list["Field"]:
        """The items of a list."""
        if self.is_null:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.problem("must be a list")
        return [
            Field(self.file, node, f"{self.path}[{index}]", self.error) for index, node in enumerate(self.node.value)
        ]

    @property
    def is_null(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"

    def text(self) -> str:
        """A scalar as it is written."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.problem("must be a single value")
        return "" if self.is_null else str(self.node.value)

    def one_of(self, choices: tuple[str, ...]) -> str:
        value = self.text()
        if value not in choices:
            raise self.problem(f"{value!r} is not supported; {_suggest(value, choices)}")
        return value

    def flag(self) -> bool:
        value = self.text().lower()
        if value not in _TRUE + _FALSE:
            raise self.problem(f"{value!r} must be true or false")
        return value in _TRUE

    def duration_ms(self, *, positive: bool = True) -> int:
        try:
            milliseconds = parse_duration(self.text())
        except ValueError as error:
            raise self.problem(str(error)) from error
        if positive and milliseconds <= 0:
            raise self.problem("must be longer than zero")
        return milliseconds

    def strings(self) -> dict[str, str]:
        """A mapping of names to scalars."""
        return {name: field.text() for name, field in self.mapping().items()}


def _suggest(name: str, choices: tuple[str, ...]) -> str:
    close = get_close_matches(name, choices, 1)
    return f"did you mean '{close[0]}'?" if close else f"use one of {', '.join(choices)}"
