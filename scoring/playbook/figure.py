"""A figure of a playbook: its value, and where it comes from.

Durations are drill seconds in memory and texts such as `15m`, `2h` or `1h30m` in files; shares are 0–1.
"""

import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
LONGEST_S = 53 * 604_800
"""A year and a little: what is longer is a slip of the pen."""
ORIGINS: JsonDict = {"anyOf": [{"required": ["source"]}, {"required": ["derived"]}]}
"""What a JSON Schema says of everything that has an origin."""
DURATION_SCHEMA: JsonDict = {
    "type": "string",
    "pattern": r"^(\d+(\.\d+)?[smhdw])+$",
    "examples": ["30s", "15m", "1h30m", "2d", "1w"],
}
"""What a JSON Schema says of a duration in a file."""


def parse_duration(value: Any) -> float:
    """`15m` → 900.0. Raises ValueError for anything but numbers with the units s, m, h, d and w."""
    if isinstance(value, str) and len(value) <= 40:
        parts = _DURATION.findall(value)
        if parts and "".join(number + unit for number, unit in parts) == value:
            return float(sum(float(number) * _UNITS[unit] for number, unit in parts))
    raise ValueError("this is no duration; write one such as 30s, 15m, 2h or 1h30m")


def write_duration(seconds: float) -> str:
    """900.0 → `15m`: whole weeks as weeks, else hours, minutes and seconds, as the documents speak."""
    if seconds and seconds % _UNITS["w"] == 0:
        return f"{seconds / _UNITS['w']:.0f}w"
    text, rest = "", seconds
    for unit in ("h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        text += f"{count:.0f}{unit}" if count else ""
    return text + (f"{rest:g}s" if rest or not text else "")


def _is_bearable(seconds: float) -> float:
    if not 0 < seconds <= LONGEST_S:
        raise ValueError("a duration is above zero and at most a year")
    return seconds


def _is_share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError("a share is from 0 to 1; 5 % is written 0.05")
    return value


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    AfterValidator(_is_bearable),
    WithJsonSchema(DURATION_SCHEMA, mode="validation"),
]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Share = Annotated[
    float,
    Field(allow_inf_nan=False, strict=True),
    AfterValidator(_is_share),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1, "examples": [0.05]}),
]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/+-]*$")]
Line = Annotated[str, Field(min_length=1, max_length=1000)]
Origin = Annotated[
    str,
    Field(max_length=300, pattern=r"^\S.* § .*\S$", examples=["our-process § Severity Levels"]),
]


class Part(BaseModel):
    """A frozen piece of a document; an unknown field is an error, for it would silently mean nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """An editor offers what may be left out as what it is, never as null."""
        schema = handler(core)
        for field in handler.resolve_ref_schema(schema).get("properties", {}).values():
            if "default" in field and field["default"] is None:
                del field["default"]
                field |= next(kind for kind in field.pop("anyOf") if kind != {"type": "null"})
        return schema


class Sourced(Part):
    """Something with its origin: `source` is `<document> § <heading>`, `derived` is the rule that gave it."""

    model_config = ConfigDict(json_schema_extra=ORIGINS)

    source: Origin | None = None
    """Where the figure stands: `<document> § <heading>`, the heading word for word."""
    derived: Annotated[str, Field(min_length=3, max_length=1000)] | None = None
    """The rule that gave the figure, or how the document was read, where it does not plainly say so."""

    @model_validator(mode="after")
    def _has_origin(self) -> Self:
        if self.source is None and self.derived is None:
            raise ValueError('a figure needs `source: "<document> § <heading>"` or `derived: <rule>`')
        return self


class Time(Sourced):
    """A duration with its origin."""

    value: Duration
    """Drill time, such as `15m`."""


class Number(Sourced):
    """A plain figure with its origin: a count, a factor or milliseconds, as its field says."""

    value: Amount
    """The number, not below zero."""


class Proportion(Sourced):
    """A share with its origin."""

    value: Share
    """A share from 0 to 1: 0.05 is 5 %."""


class Choice(Sourced):
    """A list of names with its origin."""

    value: tuple[Word, ...] = Field(min_length=1)
    """The names."""


def plain(part: Any) -> Any:
    """Figures as bare values, whole numbers without a fraction, origins left out."""
    if isinstance(part, Time | Number | Proportion | Choice):
        return plain(part.value)
    if isinstance(part, BaseModel):
        hidden = {"source", "derived"}
        return {name: plain(getattr(part, name)) for name in type(part).model_fields if name not in hidden}
    if isinstance(part, tuple):
        return [plain(item) for item in part]
    if isinstance(part, float) and part.is_integer():
        return int(part)
    return part
