"""What somebody needs who writes a scenario: a draft to fill in, and the JSON Schema by which an editor helps.

`python -m scoring.tabletop.draft` writes the schema that ships anew, after a change of the models.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import yaml

from scoring.errors import TabletopError
from scoring.playbook import Playbook
from scoring.playbook.figure import write_duration
from scoring.tabletop import EVERYBODY, Scenario
from scoring.tabletop.file import FORM, parse_scenario, playbook_of

SCHEMA_FILE = "scenario.schema.json"
"""The schema's file name; a draft names it as its neighbour."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DRAFT_OF_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_SERVED_S = 30 * 60
"""When users of a draft are served again."""
_TEMPLATE = Path(__file__).with_name("draft.yaml")
"""A scenario with words in capitals for what a name, a title and a playbook give."""
_NOTHING = "{event: action.taken}"
"""The answer where a playbook has nobody to be told or called."""


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    return {"$schema": _DRAFT_OF_JSON_SCHEMA, **Scenario.model_json_schema(mode="validation")}


def schema_text() -> str:
    """The schema as the file that ships and that belongs beside a draft."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(scenario_schema(), option=options).decode()


def draft(name: str, playbook: str, title: str | None = None, folder: Path = Path()) -> str:
    """The YAML of a new scenario: valid as it stands, every field explained, short.

    `playbook` is a name that ships or a file, seen from `folder`, in which the scenario is to lie. Its first line tells
    editors to look for `SCHEMA_FILE` beside it. Raises TabletopError for a name or a title that a scenario cannot have,
    PlaybookError for a playbook that cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise TabletopError(f"{name!r} is no name for a scenario; begin with a letter or a digit, then those and . _ -")
    title = title if title is not None else name.replace("-", " ").replace("_", " ").capitalize()
    book = playbook_of(playbook, folder)
    words = {**_words(book), "NAME": name, "TITLE": _quoted(title), "PLAYBOOK": _quoted(playbook)}
    template = _TEMPLATE.read_text(encoding="utf-8")
    text = re.sub(r"\b(?:" + "|".join(words) + r")\b", lambda found: words[found[0]], template)
    parse_scenario(text, f"a draft with the name {name!r} and the title {title!r}", folder)
    return text


def _words(playbook: Playbook) -> dict[str, str]:
    """What the template takes from the playbook: its gravest level, its roles, whom to call and tell."""
    level = playbook.levels[0]
    held_s = _SERVED_S + playbook.verification.window.value
    audiences = [*level.audiences.value] if level.audiences else [a.id for a in playbook.audiences]
    rule = next((rule for rule in playbook.escalations if not rule.when.on_request), None)
    called = f"{{event: incident.escalated, to: {_flow(rule.to)}, by: {_word(rule.by[0])}}}" if rule else _NOTHING
    told = f"{{event: update.posted, audiences: {_flow(audiences)}, status: STATUS}}" if audiences else _NOTHING
    seats = [f'  - {{role: {_word(role.id)}, player: "Sam, on call this week"}}' for role in playbook.roles[:1]]
    seats += [f"  - {{role: {_word(role.id)}}}" for role in playbook.roles[1:]]
    return {
        "SCHEMA": SCHEMA_FILE,
        "SERVED": write_duration(_SERVED_S),
        "LEVEL": _word(level.id),
        "SEATS": "\n".join(["participants:", *seats]) if seats else "participants: []",
        "ROLE": _word(playbook.roles[0].id) if playbook.roles else EVERYBODY,
        "CALLED": called,
        "TOLD": told.replace("STATUS", "investigating"),
        "CLOSED": told.replace("STATUS", "resolved"),
        "HELD": write_duration(held_s),
        "DURATION": write_duration(held_s + 15 * 60),
    }


def _flow(names: Sequence[str]) -> str:
    return f"[{', '.join(_word(name) for name in names)}]"


def _word(name: str) -> str:
    """A name as YAML reads it back: `yes` and `1` stand in quotes."""
    return name if yaml.safe_load(name) == name else _quoted(name)


def _quoted(text: str) -> str:
    """A text as YAML takes it on one line: JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    (FORM.folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
