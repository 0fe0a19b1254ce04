"""What is wrong with a document, for the person who wrote it: one line each, with line, field and mend."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scoring.canonical import did_you_mean
from scoring.documents.agreement import Fault, Inconsistent, Place
from scoring.documents.form import Form

_MOST = 100
"""Nobody reads more problems than this."""


def explain(error: ValidationError, root: yaml.Node, where: str, form: Form) -> list[str]:
    """Every problem as `<where>:<line>: <field>: <what and mend>`, in the order of the file."""
    return point_at(_problems(error, root, form.model), root, where, form)


def point_at(faults: Iterable[Fault], root: yaml.Node, where: str, form: Form) -> list[str]:
    """The same of faults whose places are known."""
    said = {}
    for place, message in faults:
        node, _ = _find(root, place)
        line = node.start_mark.line + 1
        field = ".".join(_word(part) for part in place) or form.noun
        said[f"{where}:{line}: {field}: {message}"] = line
    return sorted(said, key=lambda text: said[text])


def _problems(error: ValidationError, root: yaml.Node, model: type[BaseModel]) -> Iterator[Fault]:
    for found in error.errors(include_url=False)[:_MOST]:
        cause = found.get("ctx", {}).get("error")
        if isinstance(cause, Inconsistent):
            yield from cause.faults
        elif not (found["type"] == "too_short" and found["input"]):  # else its members are at fault, and told
            yield found["loc"], _say(found, root, model)


def _say(found: ErrorDetails, root: yaml.Node, model: type[BaseModel]) -> str:
    place, given = found["loc"], found["input"]
    _, is_there = _find(root, place)
    shown = f" (it is {_shorten(given)})" if is_there and not isinstance(given, dict | list) else ""
    match found["type"]:
        case "missing":
            return "this field is missing; add it"
        case "extra_forbidden":
            known = _fields(_schema_at(model, place[:-1]))
            return "this field is unknown" + (
                did_you_mean(str(place[-1]), known) or f"; known here: {', '.join(known)}"
            )
        case "invalid_key":
            return "a field's name is a text; write it in quotes, or take it out"
        case "model_type":
            known = _fields(_schema_at(model, place))
            mend = "; write {value: ..., source: ...}" if "value" in known else ""
            return f"this is a mapping with {', '.join(known)}{mend}{shown}"
        case "tuple_type":
            return f"this is a list; write [a, b] or a line with `- ` for each{shown}"
        case "string_type":
            quotes = "; write it in quotes" if not isinstance(given, dict | list | None) else ""
            return f"this is a text{quotes}{shown}"
        case "literal_error":
            known = [str(value) for value in _schema_at(model, place).get("enum", [])]
            return f"it is one of {', '.join(known)}{did_you_mean(str(given), known)}{shown}"
        case "string_pattern_mismatch" if place[-1] == "source":
            return f'a source is written "<document> § <heading>"{shown}'
        case "string_pattern_mismatch":
            return f"a name has letters, digits, blanks and . _ / + - and begins with one of the first two{shown}"
        case "too_short" | "string_too_short":
            return "it is empty; write at least one, or leave the field out where it may be"
        case "value_error":
            return found["msg"].removeprefix("Value error, ") + shown
        case _:
            return found["msg"][:1].lower() + found["msg"][1:] + shown


def _shorten(value: Any) -> str:
    text = "empty" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:76]}..."


def _word(part: int | str) -> str:
    text = str(part)
    return text if text.isprintable() and len(text) <= 60 else _shorten(text)


def _find(root: yaml.Node, place: Place) -> tuple[yaml.Node, bool]:
    """The node at a place, a mapping's or a list's by its key, or the nearest one above; and whether it was reached."""
    node = root
    for step, part in enumerate(place):
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                return node, False
            is_last = step == len(place) - 1
            node = found[0] if is_last and not isinstance(found[1], yaml.ScalarNode) else found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            return node, False
    return node, True


def _fields(schema: dict[str, Any]) -> list[str]:
    return list(schema.get("properties", {}))


def _schema_at(model: type[BaseModel], place: Place) -> dict[str, Any]:
    """The schema of the part at a place, empty where there is none."""
    whole = _schema(model)
    part = whole
    for step in place:
        part = part.get("items", {}) if isinstance(step, int) else part.get("properties", {}).get(step, {})
        if "$ref" in part:
            part = whole["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return part


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()
