"""JSON Schemas of what scoring publishes: `python -m scoring.schemas DIR` writes a file for each."""

import sys
from pathlib import Path
from typing import Any

import orjson

from scoring.playbook import Playbook
from scoring.scorecard import Scorecard
from scoring.series import RunSummary
from scoring.tabletop import Scenario
from scoring.timeline import Timeline

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Schema by name: `timeline`, `playbook`, `tabletop` as they are read, `scorecard`, `runs` as they are written."""
    return {
        "timeline": {"$schema": _DRAFT, **Timeline.model_json_schema(mode="validation")},
        "playbook": {"$schema": _DRAFT, **Playbook.model_json_schema(mode="validation")},
        "tabletop": {"$schema": _DRAFT, **Scenario.model_json_schema(mode="validation")},
        "scorecard": {"$schema": _DRAFT, **Scorecard.model_json_schema(mode="serialization")},
        "runs": {"$schema": _DRAFT, **RunSummary.model_json_schema(mode="serialization")},
    }


def main(arguments: list[str]) -> int:
    """Write `<name>.schema.json` into the folder given; 2 for wrong use."""
    if len(arguments) != 1:
        print("usage: python -m scoring.schemas DIR", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        text = orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
        (folder / f"{name}.schema.json").write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
