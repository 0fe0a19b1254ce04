"""The text exposition format (`text/plain; version=0.0.4`), one sample line at a time."""

import re
from collections.abc import Iterator
from typing import NamedTuple

ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1"

_LINE = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*([^\s{}\"]+)(?:\s+(-?\d+))?\s*", re.DOTALL)
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "\\": "\\", '"': '"'}


class Line(NamedTuple):
    """One sample as exposed; `at_ms` is None unless the target gave a time of its own."""

    name: str
    labels: dict[str, str]
    value: float
    at_ms: int | None


def parse_line(line: str) -> Line:
    """Raises ValueError, which quotes the line, for anything that is no sample."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"not a sample: {line[:120]!r}")
    name, inner, value, at = match.groups()
    labels: dict[str, str] = {}
    position = 0
    while inner and position < len(inner):
        label = _LABEL.match(inner, position)
        if label is None:
            if not inner[position:].strip():
                break
            raise ValueError(f"not a label at {inner[position : position + 40]!r} in {line[:120]!r}")
        text = label[2]
        labels[label[1]] = _ESCAPE.sub(_unescape, text) if "\\" in text else text
        position = label.end()
    try:
        return Line(name, labels, float(value), int(at) if at else None)
    except ValueError as error:
        raise ValueError(f"not a number: {value!r} in {line[:120]!r}") from error


def sample_lines(text: str) -> Iterator[str]:
    """The lines that hold samples: no comments, no blank ones."""
    for line in text.split("\n"):
        if line and line[0] != "#" and not line.isspace():
            yield line


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[0])
