"""A user's YAML read into a strict model: every mistake with file, line and mend."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from simulator.drill.catalog import nearest
from simulator.drill.documents import Document
from simulator.errors import BadInput


class Strict(BaseModel):
    """A frozen piece of a user's file; what it does not know is a mistake of the user's, and told."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Model = TypeVar("Model", bound=Strict)


def read_as(document: Document, model: type[Model], kind: str, at: tuple[str | int, ...] = ()) -> Model:
    """The document, or the part `at` a place of it, as a `model`; `kind` is what people call it.

    Raises `BadInput` with the first mistake.
    """
    part: Any = document.data
    for step in at:
        part = part[step]
    try:
        return model.model_validate(part)
    except ValidationError as error:
        errors = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
        raise _explained(errors[0], document, model, kind, at) from None  # a misspelt field is why another is missing


def _explained(
    found: ErrorDetails, document: Document, model: type[Strict], kind: str, at: tuple[str | int, ...]
) -> BadInput:
    place = found["loc"]
    above, last = place[:-1], str(place[-1]) if place else ""
    given = found["input"]
    shown = "" if isinstance(given, dict | list) else f", not {given!r:.80}"
    match found["type"]:
        case "missing":
            said, place = f"'{last}' is missing; add it", above
        case "extra_forbidden":
            of = f"a {kind}" if not above else f"'{_name(above)}'"
            said = f"'{last}' is no field of {of}{nearest(last, _fields(_schema_at(model, above)))}"
        case "literal_error":
            known = [str(value) for value in _schema_at(model, place).get("enum", [])]
            said = f"'{_name(place)}': {given!r:.80} is none{nearest(str(given), known)}"
        case "value_error":
            said = f"'{_name(place)}': {found['msg'].removeprefix('Value error, ')}"
        case _:
            said = f"'{_name(place)}': {found['msg'][:1].lower()}{found['msg'][1:]}{shown}"
    return document.fail(said, *at, *place)


def _name(place: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in place) or "the file"


def _fields(schema: dict[str, Any]) -> list[str]:
    return sorted(schema.get("properties", {}))


def _schema_at(model: type[Strict], place: tuple[int | str, ...]) -> dict[str, Any]:
    """The schema of the part at a place, empty where there is none."""
    whole = model.model_json_schema()

    def resolved(part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in part:
            return resolved(whole["$defs"][part["$ref"].rsplit("/", 1)[1]])
        choices = [resolved(each) for each in part.get("anyOf", [])]
        return next((each for each in choices if each.keys() & {"properties", "items", "enum"}), part)

    part = resolved(whole)
    for step in place:
        part = resolved(part.get("items", {}) if isinstance(step, int) else part.get("properties", {}).get(step, {}))
    return part
