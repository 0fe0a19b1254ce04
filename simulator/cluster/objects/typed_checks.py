"""Whether a configuration has the types that it must have to be applied (structured-merge-diff, typed). Pure."""

from collections.abc import Iterator
from typing import Any

import orjson

from simulator.cluster.objects.fieldset import shown
from simulator.cluster.objects.schemas import Model
from simulator.cluster.objects.typed import Node, element_of, entry_type, field_type, list_type, model_at


def wrong_with(model: Model, config: Any) -> list[str]:
    """Why `config` cannot be applied, in the words of the merge library; none if it can."""
    return list(_wrong(model, config, ""))


def _wrong(node: Node, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    kind = node if isinstance(node, Model) else model_at(node)
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
            inner, is_declared = field_type(node, key)
            if isinstance(kind, Model) and not container and not is_declared:
                yield f"{path}.{key}: field not declared in schema"
            else:
                yield from _wrong(inner, item, f"{path}.{key}")
    elif not isinstance(node, Model):
        yield from _wrong_scalar(node.type, value, path)


def _wrong_list(node: Node, value: list[Any], path: str) -> Iterator[str]:
    kind, seen = list_type(node), set()
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if kind is not None:
            try:
                element = element_of(kind, item)
            except ValueError as error:
                yield f"{path}: element {index}: {error}"
                return
            if element in seen:
                yield f"{path}: duplicate entries for key {shown(element)}"
            seen.add(element)
            place = path + shown(element)
        yield from _wrong(entry_type(node), item, place)


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
