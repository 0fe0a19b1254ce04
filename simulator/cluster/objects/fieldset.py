"""Sets of field paths, kept as the API writes them: `FieldsV1` (k8s.io/apimachinery, meta/v1). Pure.

A set is a tree of dicts whose keys are path elements: `f:<name>` a field, `k:<json>` an entry of a list by its keys,
`v:<json>` an entry of a set by its value. A path is in the set if its node is empty or holds ".". The root is no path.
"""

from collections.abc import Iterator
from typing import Any

import orjson

Fields = dict[str, Any]
_SELF = "."


def is_member(node: Fields) -> bool:
    """Whether the path that leads to this node is itself in the set."""
    return not node or _SELF in node


def union(one: Fields, other: Fields) -> Fields:
    """Paths that are in either; neither is changed."""
    result = {**one, **other}
    for key in one.keys() & other.keys():
        if key == _SELF:
            continue
        left, right = one[key], other[key]
        if left is right or left == right:
            result[key] = left
            continue
        both = union(left, right)
        if is_member(left) or is_member(right):
            both[_SELF] = {}
        result[key] = both
    return result


def intersection(one: Fields, other: Fields) -> Fields:
    """Paths that are in both."""
    result: Fields = {}
    for key in one.keys() & other.keys() - {_SELF}:
        left, right = one[key], other[key]
        _keep(result, key, intersection(left, right), is_member(left) and is_member(right))
    return result


def difference(one: Fields, other: Fields) -> Fields:
    """Paths of `one` that are not in `other`. What lies below a path of `other` stays, unless it is there too."""
    result: Fields = {}
    for key, left in one.items():
        if key == _SELF:
            continue
        right = other.get(key)
        if right is None:
            result[key] = left
        else:
            _keep(result, key, difference(left, right), is_member(left) and not is_member(right))
    return result


def _keep(result: Fields, key: str, below: Fields, itself: bool) -> None:
    if itself and below:
        below[_SELF] = {}
    if itself or below:
        result[key] = below


def without_branches(one: Fields, *branches: tuple[str, ...]) -> Fields:
    """`one` without those fields and everything below them, such as `("metadata", "labels")`."""
    for names in branches:
        key = f"f:{names[0]}"
        if key not in one:
            continue
        if len(names) == 1:
            one = {name: node for name, node in one.items() if name != key}
            continue
        below = without_branches(one[key], names[1:])
        if below.keys() - {_SELF}:
            one = {**one, key: below}
        else:
            one = {name: node for name, node in one.items() if name != key}
    return one


def has(one: Fields, *names: str) -> bool:
    """Whether a field is in the set."""
    for name in names:
        found = one.get(f"f:{name}")
        if found is None:
            return False
        one = found
    return is_member(one)


def paths(one: Fields, above: str = "") -> Iterator[str]:
    """Every path as messages write it, `.spec.ports[port=80,protocol="TCP"].name`, in the order of the API."""
    for key, node in sorted(one.items(), key=lambda item: _order(item[0])):
        if key == _SELF:
            continue
        place = above + shown(key)
        if is_member(node):
            yield place
        yield from paths(node, place)


def shown(element: str) -> str:
    """One path element as messages write it."""
    kind, _, text = element.partition(":")
    if kind == "f":
        return f".{text}"
    if kind == "v":
        return f"[={text}]"
    if kind == "k":
        pairs = orjson.loads(text)
        return f"[{','.join(f'{name}={_text(value)}' for name, value in sorted(pairs.items()))}]"
    return f"[{text}]"


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _order(element: str) -> tuple[str, str]:
    return ("fkvi".find(element[:1]).__str__(), element)
