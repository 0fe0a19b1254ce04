"""The types of values inside an object, and the names that their parts have as path elements. Pure.

The rules are those of sigs.k8s.io/structured-merge-diff (typed): structs and maps by field, lists by their keys or as
sets where `list_types` says so, everything else as one value.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from simulator.cluster.objects.list_types import ListType
from simulator.cluster.objects.schemas import Field, Model, models

Node = Field | Model
"""The type of a value: a field with its container, or an object type."""
DUPLICATED = object()
"""Stands for the entries of a list that have one name."""
_ANY = Field("any")


def is_whole(node: Node, value: Any) -> bool:
    """Whether a value is owned as one: a plain one, or of an atomic type."""
    if isinstance(value, dict):
        return is_atomic(node)
    return not isinstance(value, list) or list_type(node) is None


def is_atomic(node: Node) -> bool:
    """Whether values of the type are owned as one."""
    if isinstance(node, Model):
        return node.is_atomic
    if node.is_atomic:
        return True
    kind = None if node.container else model_at(node)
    return kind.is_atomic if kind else False


def list_type(node: Node) -> ListType | None:
    """How entries of a list are told apart; None where they are not, or for no list."""
    return None if isinstance(node, Model) else node.list_type


def model_at(node: Field) -> Model | None:
    """The object type of a field or of what it contains, if it is one."""
    return models().get(node.type)


def entry_type(node: Node) -> Node:
    """The type of an entry of a list."""
    return _ANY if isinstance(node, Model) else model_at(node) or Field(node.type)


def field_type(node: Node, key: str) -> tuple[Node, bool]:
    """The type of a field or of a map's value, and whether it is a declared field."""
    if isinstance(node, Field) and node.container == "map":
        return entry_type(node), False
    model = node if isinstance(node, Model) else model_at(node)
    known = model.fields.get(key) if model else None
    return (_ANY, False) if known is None else (known, True)


def entries(node: Node, items: list[Any]) -> Iterator[tuple[str, Any]]:
    """Entries by their path element; one that occurs twice comes once and is known by nothing more."""
    kind = list_type(node) or ListType()
    found: dict[str, Any] = {}
    for item in items:
        try:
            element = element_of(kind, item)
        except ValueError:
            continue  # it has no name to be owned by; validation says what is wrong with it
        found[element] = DUPLICATED if element in found else item
    yield from found.items()


def element_of(kind: ListType, item: Any) -> str:
    """The path element of an entry. `ValueError`, in the words of the merge library, for one that has none."""
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
