"""What users do: as a locustfile, an OpenAPI document, a recording or a list of requests says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

LEAST_EVERY_S = 0.1
SUCCESS_BELOW = 400


def is_served(status: int, success: Sequence[int]) -> bool:
    """Whether users count an answer as served: one of `success`, or anything below 400 where none is named."""
    return status in success if success else 100 <= status < SUCCESS_BELOW


class Request(BaseModel):
    """One request. As a line it is `GET /path`, or `POST /path {"a": 1}` with a body.

    `body` is sent as it is if it is a text, else as JSON. `success` are the statuses that users count as served (none:
    as for the whole traffic).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Annotated[str, Field(pattern="^[A-Z]+$")] = "GET"
    path: Annotated[str, Field(pattern=r"^/\S*$")]
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    success: tuple[int, ...] = ()
    name: str = ""

    @model_validator(mode="before")
    @classmethod
    def _line(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        method, _, rest = given.strip().partition(" ")
        path, _, body = rest.strip().partition(" ")
        return {"method": method, "path": path, "body": body.strip() or None}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler.resolve_ref_schema(handler(core))]}

    @property
    def label(self) -> str:
        """What it is called in windows and reports."""
        return self.name or f"{self.method} {self.path.partition('?')[0]}"


class Traffic(BaseModel):
    """Exactly one of `locustfile`, `openapi`, `har` and `requests`.

    `openapi` is a file, or a path that the app serves its document at (it begins with a slash and is no file).
    `users` is how many there are where nothing else says so, `every_s` wall seconds between two requests of each;
    `success` are statuses that count as served (none: all below 400).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    locustfile: Path | None = None
    openapi: str | None = None
    har: Path | None = None
    requests: tuple[Request, ...] = ()
    users: Annotated[int, Field(ge=1, le=500)] = 30
    every_s: Annotated[float, Field(ge=LEAST_EVERY_S, le=60)] = 0.5
    success: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> "Traffic":
        ways = (self.locustfile is not None, self.openapi is not None, self.har is not None, bool(self.requests))
        if sum(ways) != 1:
            raise ValueError("give one of locustfile, openapi, har and requests")
        return self
