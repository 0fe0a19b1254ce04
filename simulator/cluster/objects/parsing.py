"""JSON and YAML as an API server reads them: strict about form, aware of duplicate keys, safe with hostile input. Pure.

Errors are `ValueError` with Go's words where they are known (encoding/json, sigs.k8s.io/yaml).
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import yaml

DEEPEST = 100
"""Levels of nesting that are read; no object of Kubernetes has a third of it."""
_ALIASES_FREE, _ALIASED_SHARE = 10_000, 10
_MOST_DIGITS, _LONGEST_NUMBER = 18, 300
_TOO_DEEP = "exceeded max depth"


@dataclass
class Parsed:
    """A value, and keys that a map in it had more than once: `duplicates` by the identity of the map."""

    value: Any
    duplicates: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    yaml_errors: tuple[str, ...] = ()


def parse_json(raw: bytes) -> Parsed:
    """One JSON value."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(_go_words(error, raw)) from None
    _check_depth(value, raw)
    duplicates: dict[int, tuple[str, ...]] = {}

    def pairs_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            keys = [key for key, _ in pairs]
            duplicates[id(result)] = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
        return result

    value = json.loads(raw, object_pairs_hook=pairs_of, parse_int=_whole)
    return Parsed(value, duplicates)


def _whole(digits: str) -> int | float:
    """Beyond 64 bits a number is only about as large as it says."""
    value = int(digits) if len(digits) <= _MOST_DIGITS else float(digits)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"cannot unmarshal number {digits[:_MOST_DIGITS]}...")
    return value


def _go_words(error: orjson.JSONDecodeError, raw: bytes) -> str:
    text = raw.decode(errors="replace")
    if error.pos >= len(text.rstrip()) or not text.strip():
        return "unexpected end of JSON input"
    return f"invalid character '{text[error.pos]}' looking for beginning of value"


def _check_depth(value: Any, raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        return
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _inside(value: Any) -> Iterator[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict | list))


def parse_yaml(raw: bytes) -> Parsed:
    """One YAML document; JSON is YAML too, and is read faster as what it is."""
    if raw.lstrip()[:1] in (b"{", b"["):
        try:
            return parse_json(raw)
        except ValueError:
            pass  # perhaps a flow mapping that JSON does not know; YAML says what is wrong with it
    try:
        return _Builder().build(raw)
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        problem = getattr(error, "problem", None) or str(error)
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"yaml: {where}{problem}") from None


class _Builder:
    """Values out of parser events, without recursion; anchors are shared, and counted against bombs."""

    def __init__(self) -> None:
        self._construct = yaml.SafeLoader("")
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._errors: list[str] = []
        self._nodes = self._aliased = 0

    def build(self, raw: bytes) -> Parsed:
        stack: list[_Open] = []
        value: Any = None
        for event in yaml.parse(raw, yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            match event:
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    if len(stack) >= DEEPEST:
                        raise ValueError(f"yaml: {_TOO_DEEP}")
                    content: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                    stack.append(_Open(content, event.anchor, self._nodes))
                    continue
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    done = stack.pop()
                    item, weight = done.content, self._nodes - done.nodes_before + 1
                    if done.anchor:
                        self._anchors[done.anchor] = item, weight
                case yaml.AliasEvent():
                    if event.anchor not in self._anchors:
                        raise ValueError(f"yaml: unknown anchor '{event.anchor}' referenced")
                    item, weight = self._anchors[event.anchor]
                    self._count_alias(weight)
                case yaml.ScalarEvent():
                    item = self._scalar(event)
                    self._nodes += 1
                    if event.anchor:
                        self._anchors[event.anchor] = item, 1
                case _:
                    continue
            if stack:
                line = event.start_mark.line + 1 if event.start_mark else 0
                self._put(stack[-1], item, line)
            else:
                value = item
        return Parsed(value, {}, tuple(self._errors))

    def _count_alias(self, weight: int) -> None:
        self._nodes += weight
        self._aliased += weight
        if self._aliased > _ALIASES_FREE and self._aliased * _ALIASED_SHARE > self._nodes:
            raise ValueError("yaml: document contains excessive aliasing")

    def _put(self, into: "_Open", item: Any, line: int) -> None:
        if isinstance(into.content, list):
            into.content.append(item)
            return
        if into.key is None:
            if isinstance(item, dict | list):
                raise ValueError(f"yaml: line {line}: invalid map key")
            into.key = _key(item)
            return
        key, into.key = into.key, None
        if key == "<<" and isinstance(item, dict):
            into.content.update({k: v for k, v in item.items() if k not in into.content})
            return
        if key in into.content:
            self._errors.append(f'  line {line}: key "{key}" already set in map')
        into.content[key] = item

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        tag = event.tag
        if ":" in event.value and tag is None and event.implicit[0]:
            return event.value  # base 60 is a number in YAML 1.1 for PyYAML only
        if tag is None or tag == "!":
            tag = self._construct.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        if tag in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"):
            return event.value
        node = yaml.ScalarNode(tag, event.value)
        try:
            value = self._construct.construct_object(node)
        except (ValueError, yaml.YAMLError):
            return event.value
        if isinstance(value, int) and abs(value) >= 1 << 63:
            value = float(value) if len(event.value) <= _LONGEST_NUMBER else event.value
        if isinstance(value, bytes) or (isinstance(value, float) and not math.isfinite(value)):
            return event.value
        return value


@dataclass
class _Open:
    content: Any
    anchor: str | None
    nodes_before: int
    key: str | None = None


def _key(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return "null" if item is None else str(item)
