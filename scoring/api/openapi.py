"""The document at /openapi.json: every operation with its tag, its token, and every problem that it can answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from scoring.api.problems import MEDIA_TYPE, ProblemDocument

DESCRIPTION = """Events in, scorecards out: a record that cannot be bent, and what a response was worth.

A drill is opened, its events and load windows are posted as they happen, by the drill's runner, by monitors and by the
people who respond, and its scorecard can be read. Every call shows a token as `Authorization: Bearer <token>`; the role
of the token says what may be done. While a drill runs, its truth and the experiment's name are the facilitator's alone.

What goes wrong is answered with a problem document (RFC 9457) that names the field by a JSON pointer. Long lists come
in pages: give the `next` of one page as `after` of the following one.
"""
_TAGS = {
    "drills": "One exercise: opened, given a baseline, ended.",
    "events": "What happened in a drill, and what users were served meanwhile.",
    "timelines": "The whole record of a drill, and the proof that it is whole.",
    "scorecards": "What a drill is worth.",
    "playbooks": "Incident processes as data.",
    "game days": "Several drills in order, with one scoreboard.",
    "people": "Who takes part, in which team, and what they have trained.",
    "history": "What became of all drills: best, trends, open action items.",
    "hooks": "What other tools send.",
    "tabletops": "Drills without a target, that a facilitator reveals.",
    "archives": "A drill as one signed file.",
    "tokens": "Who may do what.",
    "service": "The service itself.",
}
_WHY = {
    "401": "No token, or none of this service",
    "403": "The token's role is not for this, or not while the drill runs",
    "404": "There is no such thing",
    "409": "It is there already and different, or the record was bent",
    "413": "The body is too long",
    "415": "The body is in another format",
    "421": "The service was asked for by a name that is not its own",
    "422": "A field cannot be read; `errors` names it",
    "503": "Too many at once",
    "507": "The record cannot be written; nothing was kept",
}
_OPEN = frozenset({"/health"})
DRILL_ID = {
    "name": "drill_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "the id that the drill was opened with",
}


def takes(model: type[BaseModel], *, parameters: list[dict[str, Any]], most: int | None = None) -> dict[str, Any]:
    """For `openapi_extra` of a route that reads its request itself: one of `model`, or a list of at most so many."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    if most is not None:
        schema = {"type": "array", "minItems": 1, "maxItems": most, "items": schema}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"parameters": parameters, "requestBody": body}


def describe(app: FastAPI) -> None:
    """Make the app's document ours."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=DESCRIPTION,
                    routes=app.routes,
                    tags=[{"name": name, "description": told} for name, told in _TAGS.items()],
                )
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    told = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= told.pop("$defs", {})
    schemas["ProblemDocument"] = told
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "a token of this service"}
    }
    components["responses"] = {
        f"Problem{status}": {
            "description": why,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status, why in _WHY.items()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return document


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    is_open = path in _OPEN
    operation["security"] = [] if is_open else [{"bearer": []}]
    statuses = {"421"} if is_open else {"401", "403", "421", "422"}
    if "{" in path or any(each["name"] == "drill" for each in operation.get("parameters", ())):
        statuses |= {"404"}
    if "{drill_id}" in path:
        statuses |= {"409"}
    if method in {"post", "put", "delete", "patch"}:
        statuses |= {"404", "409", "507"}
    if "requestBody" in operation:
        statuses |= {"413", "415"}
    if path.endswith("/stream"):
        statuses |= {"503"}
    operation["responses"].pop("422", None)
    for status in sorted(statuses):
        operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
