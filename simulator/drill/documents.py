"""YAML files of a user, read so that every complaint can name file and line."""

from pathlib import Path
from typing import Any

import yaml

from simulator.errors import BadInput


class Document:
    """A YAML mapping with the line of every key.

    `place(...)` gives `file:line` of the innermost key on the path that exists.
    """

    def __init__(self, path: Path, data: dict[str, Any], node: yaml.Node) -> None:
        self.path = path
        self.data = data
        self._node = node

    def place(self, *keys: str | int) -> str:
        """`file:line` of the value under `keys`, or of the nearest enclosing one."""
        return f"{shown(self.path)}:{self.line(*keys)}"

    def line(self, *keys: str | int) -> int:
        """The line of the value under `keys`, from 1, or of the nearest enclosing one."""
        node, line = self._node, self._node.start_mark.line
        for key in keys:
            step = _child(node, key)
            if step is None:
                break
            line, node = step
        return line + 1

    def fail(self, message: str, *keys: str | int) -> BadInput:
        """A `BadInput` that begins with the place."""
        return BadInput(f"{self.place(*keys)}: {message}")


def read_document(path: Path) -> Document:
    """Raises `BadInput` if the file cannot be read, is no YAML, or holds no mapping."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{shown(path)}: cannot be read: {error}") from error
    try:
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = _line_of(error, text)
        raise BadInput(f"{shown(path)}:{line}: this is no valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise BadInput(f"{shown(path)}:1: this is no valid YAML: {error}") from error
    if not isinstance(data, dict) or node is None:
        raise BadInput(f"{shown(path)}:1: a mapping (key: value) is expected at the top")
    return Document(path, data, node)


def shown(path: Path) -> str:
    """The path as a person would type it: relative where it lies below the current folder."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _line_of(error: yaml.MarkedYAMLError, text: str) -> int:
    """The line of a mistake in YAML, from 1. One that is found at the end is told with the last line."""
    last = max(1, len(text.splitlines()))
    return min(error.problem_mark.line + 1, last) if error.problem_mark else 1


def _child(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        item: yaml.Node = node.value[key]
        return item.start_mark.line, item
    return None
