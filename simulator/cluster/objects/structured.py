"""Objects as trees of owned fields: which there are, how two differ, how one is merged into another. Pure.

The rules are those of sigs.k8s.io/structured-merge-diff; `typed` says what is a field.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulator.cluster.objects.fieldset import Fields, is_member
from simulator.cluster.objects.schemas import Model
from simulator.cluster.objects.typed import (
    DUPLICATED,
    Node,
    entries,
    entry_type,
    field_type,
    is_atomic,
    is_whole,
    list_type,
)
from simulator.cluster.stored import copied

_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """The fields that lie between two objects."""

    added: Fields
    modified: Fields
    removed: Fields


def fields_of(node: Node, value: Any) -> Fields:
    """Every field that a value sets."""
    found: Fields = {}
    if is_whole(node, value):
        return found
    if isinstance(value, list):
        for element, item in entries(node, value):
            below = {} if item is DUPLICATED else fields_of(entry_type(node), item)
            found[element] = {".": {}, **below} if below else {}
        return found
    for key, item in value.items():
        if type(item) is not dict and type(item) is not list:
            found[f"f:{key}"] = {}
            continue
        inner, is_declared = field_type(node, key)
        below = fields_of(inner, item)
        if below and not is_declared:
            below["."] = {}
        if below or is_whole(inner, item) or item == {}:
            found[f"f:{key}"] = below
    return found


def differences(model: Model, old: Any, new: Any) -> Difference:
    """From `old` to `new`."""
    return Difference(*_differ(model, old, new))


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
        elif is_whole(inner, left) or is_whole(inner, right) or type(left) is not type(right):
            if left != right:
                modified[element] = {}
        elif left != right:
            for into, below in zip((added, modified, removed), _differ(inner, left, right), strict=True):
                if below:
                    into[element] = below
    return added, modified, removed


def _all_of(node: Node, value: Any) -> Fields:
    """Everything below a value that came or went, and the value itself."""
    below = fields_of(node, value)
    _mark_all(below)
    return {".": {}, **below} if below else below


def _mark_all(fields: Fields) -> None:
    for key, node in fields.items():
        if key != "." and node:
            node["."] = {}
            _mark_all(node)


def _or_empty(value: Any, other: Any) -> Any:
    """Null stands for an empty map or list where the other side has one."""
    return type(other)() if value is None and isinstance(other, dict | list) else value


def _pairs(node: Node, old: Any, new: Any) -> Iterator[tuple[str, Node, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield f"f:{key}", field_type(node, key)[0], old.get(key, _ABSENT), new.get(key, _ABSENT)
    elif isinstance(old, list) and isinstance(new, list):
        left, right = dict(entries(node, old)), dict(entries(node, new))
        for element in [*left, *(element for element in right if element not in left)]:
            yield element, entry_type(node), left.get(element, _ABSENT), right.get(element, _ABSENT)


def merge(node: Node, live: Any, config: Any) -> Any:
    """`live` with everything that `config` sets; entries of lists keep the order of `config`. A new value."""
    if isinstance(live, dict) and not is_atomic(node) and (config is None or isinstance(config, dict)):
        result = dict(live)
        for key, item in (config or {}).items():
            result[key] = merge(field_type(node, key)[0], live[key], item) if key in live else copied(item)
        return result
    if isinstance(live, list) and list_type(node) is not None and (config is None or isinstance(config, list)):
        return _merge_lists(node, live, config or [])
    return copied(config)


def _merge_lists(node: Node, live: list[Any], config: list[Any]) -> list[Any]:
    """Entries that only `live` has stay before the shared one that they preceded."""
    left, right = list(entries(node, live)), dict(entries(node, config))
    have = dict(left)
    merged = {
        element: merge(entry_type(node), have[element], item)
        if element in have and have[element] is not DUPLICATED
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
    if is_whole(node, value):
        return value
    if isinstance(value, list):
        kept = []
        for element, item in entries(node, value):
            below = gone.get(element)
            if below is None:
                kept.append(item)
            elif not is_member(below):
                kept.append(_without(entry_type(node), item, below))
        return kept or None
    result = {}
    for key, item in value.items():
        below = gone.get(f"f:{key}")
        if below is None:
            result[key] = item
        elif not is_member(below):
            result[key] = _without(field_type(node, key)[0], item, below)
    return result or None


def with_parents(node: Node, fields: Fields) -> Fields:
    """`fields` and every declared field above one of them; keys of maps and entries of lists are not added."""
    result: Fields = {}
    for key, below in fields.items():
        if key == ".":
            result["."] = {}
            continue
        inner, is_declared = field_type(node, key[2:]) if key.startswith("f:") else (entry_type(node), False)
        deeper = with_parents(inner, below)
        if below and is_declared:
            deeper["."] = {}
        result[key] = deeper
    return result
