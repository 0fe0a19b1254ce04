"""JSON Schemas of files that users write, for their editors; `python -m simulator.drill.schemas` writes them anew."""

import json
from pathlib import Path

from simulator.drill.app.description import App
from simulator.drill.catalog import package_folder
from simulator.drill.people.injects import InjectsFile
from simulator.drill.strict import Strict
from simulator.drill.suite import Suite

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def published() -> dict[Path, type[Strict]]:
    """Where each schema is published, and the model that it is of."""
    return {
        package_folder() / "suites" / "suite.schema.json": Suite,
        Path(__file__).parent / "app" / "gameday.schema.json": App,
        Path(__file__).parent / "people" / "injects.schema.json": InjectsFile,
    }


def as_text(model: type[Strict]) -> str:
    """The published file's text."""
    schema = {"$schema": _DRAFT, **model.model_json_schema()}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, model in published().items():
        path.write_text(as_text(model), encoding="utf-8")
