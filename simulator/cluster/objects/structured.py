"""Objects as trees of owned fields: which there are, how two differ, how one is merged into another. Pure.

The rules are those of sigs.k8s.io/structured-merge-diff (typed): structs and maps by field, lists by their keys or as
sets where `list_types` says so, everything else as one value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as filled
from typing import Any

import orjson

from simulator.cluster.objects.fieldset import Fields, is_member, shown
from simulator.cluster.objects.list_types import ListType
from simulator.cluster.objects.schemas import Field, Model, models
from simulator.cluster.stored import copied

_ANY = Field("any")
_DUPLICATED = object()
Node = Field | Model
"""The type of a value: a field with its container, or an object type."""


@dataclass
class Difference:
    """The fields that lie between two objects."""

    added: Fields = filled(default_factory=dict)
    modified: Fields = filled(default_factory=dict)
    removed: Fields = filled(default_factory=dict)


def fields_of(model: Model, obj: Any) -> Fields:
    """Every field that `obj` sets."""
    return _fields(model, obj)


def _fields(node: Node, value: Any) -> Fields:
    found: Fields = {}
    if _is_whole(node, value):
        return found
    if isinstance(value, list):
        for element, item in _entries(node, value):
            below = {} if item is _DUPLICATED else _fields(_entry(node), item)
            found[element] = {".": {}, **below} if below else {}
        return found
    for key, item in value.items():
        if type(item) is not dict and type(item) is not list:
            found[f"f:{key}"] = {}
            continue
        inner, is_declared = _below(node, key)
        below = _fields(inner, item)
        if below and not is_declared:
            below["."] = {}
        if below or _is_whole(inner, item) or item == {}:
            found[f"f:{key}"] = below
    return found


def differences(model: Model, old: Any, new: Any) -> Difference:
    """From `old` to `new`."""
    found = Difference()
    found.added, found.modified, found.removed = _differ(model, old, new)
    return found


def _differ(node: Node, old: Any, new: Any) -> tuple[Fields, Fields, Fields]:
    """Below a value that both have."""
    added: Fields = {}
    modified: Fields = {}
    removed: Fields = {}
    for element, inner, left, right in _pairs(node, old, new):
        if left is right:
            continue
        left, right = _or_empty(left, right), _or_empty(right, left)
        if left is _ABSENT:
            added[element] = _all_of(inner, right)
        elif right is _ABSENT:
            removed[element] = _all_of(inner, left)
        elif _is_whole(inner, left) or _is_whole(inner, right) or type(left) is not type(right):
            if left != right:
                modified[element] = {}
        elif left != right:
            for into, below in zip((added, modified, removed), _differ(inner, left, right), strict=True):
                if below:
                    into[element] = below
    return added, modified, removed


def _all_of(node: Node, value: Any) -> Fields:
    """Everything below a value that came or went, and the value itself."""
    below = _fields(node, value)
    _mark_all(below)
    return {".": {}, **below} if below else below


def _mark_all(fields: Fields) -> None:
    for key, node in fields.items():
        if key != "." and node:
            node["."] = {}
            _mark_all(node)


_ABSENT = object()


def _or_empty(value: Any, other: Any) -> Any:
    """Null stands for an empty map or list where the other side has one."""
    return type(other)() if value is None and isinstance(other, dict | list) else value


def _pairs(node: Node, old: Any, new: Any) -> Iterator[tuple[str, Node, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield f"f:{key}", _below(node, key)[0], old.get(key, _ABSENT), new.get(key, _ABSENT)
    elif isinstance(old, list) and isinstance(new, list):
        left, right = dict(_entries(node, old)), dict(_entries(node, new))
        for element in [*left, *(element for element in right if element not in left)]:
            yield element, _entry(node), left.get(element, _ABSENT), right.get(element, _ABSENT)


def merge(model: Model, live: Any, config: Any) -> Any:
    """`live` with everything that `config` sets; entries of lists keep the order of `config`. A new value."""
    return _merge(model, live, config)


def _merge(node: Node, live: Any, config: Any) -> Any:
    if isinstance(live, dict) and not _is_atomic(node) and (config is None or isinstance(config, dict)):
        result = dict(live)
        for key, item in (config or {}).items():
            result[key] = _merge(_below(node, key)[0], live[key], item) if key in live else copied(item)
        return result
    if isinstance(live, list) and _list_type(node) is not None and (config is None or isinstance(config, list)):
        return _merge_lists(node, live, config or [])
    return copied(config)


def _merge_lists(node: Node, live: list[Any], config: list[Any]) -> list[Any]:
    """Entries that only `live` has stay before the shared one that they preceded."""
    left, right = list(_entries(node, live)), dict(_entries(node, config))
    have = dict(left)
    merged = {
        element: _merge(_entry(node), have[element], item)
        if element in have and have[element] is not _DUPLICATED
        else copied(item)
        for element, item in right.items()
    }
    order, waiting, done = [], list(right), set()
    for element, item in left:
        if element not in right:
            order.append(item)
        elif element not in done:
            shared = [each for each in waiting if each in have]
            if shared and shared[0] != element:
                continue
            while waiting:
                following = waiting.pop(0)
                order.append(merged[following])
                done.add(following)
                if following == element:
                    break
    return order + [merged[element] for element in waiting]


def without(model: Model, obj: Any, gone: Fields) -> Any:
    """`obj` without the fields of `gone`; what is atomic goes whole or stays whole, what is left empty becomes null."""
    return _without(model, obj, gone) or {}


def _without(node: Node, value: Any, gone: Fields) -> Any:
    if _is_whole(node, value):
        return value
    if isinstance(value, list):
        kept = []
        for element, item in _entries(node, value):
            below = gone.get(element)
            if below is None:
                kept.append(item)
            elif not is_member(below):
                kept.append(_without(_entry(node), item, below))
        return kept or None
    result = {}
    for key, item in value.items():
        below = gone.get(f"f:{key}")
        if below is None:
            result[key] = item
        elif not is_member(below):
            result[key] = _without(_below(node, key)[0], item, below)
    return result or None


def with_parents(model: Model, fields: Fields) -> Fields:
    """`fields` and every declared field above one of them; keys of maps and entries of lists are not added."""
    return _parents(model, fields)


def _parents(node: Node, fields: Fields) -> Fields:
    result: Fields = {}
    for key, below in fields.items():
        if key == ".":
            result["."] = {}
            continue
        inner, is_declared = _below(node, key[2:]) if key.startswith("f:") else (_entry(node), False)
        deeper = _parents(inner, below)
        if below and is_declared:
            deeper["."] = {}
        result[key] = deeper
    return result


def wrong_with(model: Model, config: Any) -> list[str]:
    """Why `config` cannot be applied, in the words of the merge library; none if it can."""
    return list(_wrong(model, config, ""))


def _wrong(node: Node, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    kind = node if isinstance(node, Model) else _single(node)
    container = "" if isinstance(node, Model) else node.container
    if container == "list":
        if not isinstance(value, list):
            yield f"{path}: expected list, got &{{{_go(value)}}}"
            return
        yield from _wrong_list(node, value, path)
    elif container == "map" or isinstance(kind, Model):
        if not isinstance(value, dict):
            yield f"{path}: expected map, got &{{{_go(value)}}}"
            return
        for key, item in value.items():
            inner, is_declared = _below(node, key)
            if isinstance(kind, Model) and not container and not is_declared:
                yield f"{path}.{key}: field not declared in schema"
            else:
                yield from _wrong(inner, item, f"{path}.{key}")
    elif not isinstance(node, Model):
        yield from _wrong_scalar(node.type, value, path)


def _wrong_list(node: Node, value: list[Any], path: str) -> Iterator[str]:
    kind, seen = _list_type(node), set()
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if kind is not None:
            try:
                element = _element(kind, item)
            except ValueError as error:
                yield f"{path}: element {index}: {error}"
                return
            if element in seen:
                yield f"{path}: duplicate entries for key {shown(element)}"
            seen.add(element)
            place = path + shown(element)
        yield from _wrong(_entry(node), item, place)


def _wrong_scalar(kind: str, value: Any, path: str) -> Iterator[str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "integer" | "number" if not is_number:
            yield f"{path}: expected numeric (int or float), got {_go_type(value)}"
        case "boolean" if not isinstance(value, bool):
            yield f"{path}: expected boolean, got &{{{_go(value)}}}"
        case "string" | "bytes" if not isinstance(value, str):
            yield f"{path}: expected string, got &value.valueUnstructured{{Value:{_go(value)}}}"
        case "quantity" | "intstr" | "time" if isinstance(value, dict | list):
            yield f"{path}: expected any scalar, got &{{{_go(value)}}}"


def _go_type(value: Any) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    return {str: "string", bool: "bool", list: "[]interface {}"}.get(type(value), "interface {}")


def _go(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _is_whole(node: Node, value: Any) -> bool:
    """Whether a value is owned as one: a plain one, or of an atomic type."""
    if isinstance(value, dict):
        return _is_atomic(node)
    return not isinstance(value, list) or _list_type(node) is None


def _is_atomic(node: Node) -> bool:
    if isinstance(node, Model):
        return node.is_atomic
    if node.is_atomic:
        return True
    kind = None if node.container else models().get(node.type)
    return kind.is_atomic if kind else False


def _list_type(node: Node) -> ListType | None:
    return None if isinstance(node, Model) else node.list_type


def _single(node: Field) -> Model | None:
    return models().get(node.type)


def _entry(node: Node) -> Node:
    """The type of an entry of a list."""
    return _ANY if isinstance(node, Model) else models().get(node.type) or Field(node.type)


def _below(node: Node, key: str) -> tuple[Node, bool]:
    """The type of a field or of a map's value, and whether it is a declared field."""
    if isinstance(node, Field) and node.container == "map":
        return _entry(node), False
    model = node if isinstance(node, Model) else models().get(node.type)
    known = model.fields.get(key) if model else None
    return (_ANY, False) if known is None else (known, True)


def _entries(node: Node, items: list[Any]) -> Iterator[tuple[str, Any]]:
    """Entries by their path element; one that occurs twice comes once and is known by nothing more."""
    kind = _list_type(node) or ListType()
    found: dict[str, Any] = {}
    for item in items:
        try:
            element = _element(kind, item)
        except ValueError:
            continue  # it has no name to be owned by; validation says what is wrong with it
        found[element] = _DUPLICATED if element in found else item
    yield from found.items()


def _element(kind: ListType, item: Any) -> str:
    if not kind.keys:
        if isinstance(item, dict):
            raise ValueError("associative list without keys has an element that's a map type")
        if isinstance(item, list):
            raise ValueError("not supported: associative list with lists as elements")
        if item is None:
            raise ValueError("associative list without keys has an element that's an explicit null")
        return "v:" + orjson.dumps(item).decode()
    if not isinstance(item, dict):
        what = "a null element" if item is None else "non-map elements"
        raise ValueError(f"associative list with keys may not have {what}")
    pairs = {key: item.get(key, default) for key, default in kind.keys}
    pairs = {key: value for key, value in sorted(pairs.items()) if value is not None}
    if not pairs:
        names = " ".join(f'"{key}"' for key, _ in kind.keys)
        raise ValueError(
            f"associative list with keys has an element that omits all key fields [{names}] "
            "(and doesn't have default values for any key fields)"
        )
    return "k:" + orjson.dumps(pairs).decode()
