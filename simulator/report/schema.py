"""The JSON Schemas of what is published; `python -m simulator.report.schema` writes them beside the code."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from simulator.report.gate import Gate
from simulator.report.matrix import Matrix
from simulator.report.models import GameDay, Report

MODELS: dict[str, type[Report]] = {"game-day": GameDay, "matrix": Matrix, "gate": Gate}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str = "game-day") -> dict[str, Any]:
    """The schema as the code has it."""
    return {"$schema": _DRAFT, **MODELS[name].model_json_schema(mode="serialization")}


def published_schema(name: str = "game-day") -> dict[str, Any]:
    """The schema as it is published with the package."""
    text = files("simulator.report").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def as_text(name: str = "game-day") -> str:
    """The published file's text."""
    return json.dumps(schema(name), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for published in MODELS:
        path = Path(__file__).with_name("schemas") / f"{published}.schema.json"
        path.write_text(as_text(published), encoding="utf-8")
