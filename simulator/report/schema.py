"""The JSON Schema of `report.json`; `python -m simulator.report.schema` writes it beside the code."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from simulator.report.models import GameDay

NAME = "game-day.schema.json"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema as the code has it."""
    return {"$schema": _DRAFT, **GameDay.model_json_schema(mode="serialization")}


def published_schema() -> dict[str, Any]:
    """The schema as it is published with the package."""
    found: dict[str, Any] = json.loads(files("simulator.report").joinpath("schemas", NAME).read_text(encoding="utf-8"))
    return found


def as_text() -> str:
    """The published file's text."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("schemas").joinpath(NAME).write_text(as_text(), encoding="utf-8")
