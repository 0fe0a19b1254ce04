"""Playbooks from YAML: the shipped ones by name, a user's own by path, with errors that say file, line and mend."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from scoring.canonical import did_you_mean
from scoring.errors import PlaybookError
from scoring.playbook import Playbook

_SHIPPED = Path(__file__).parent / "playbooks"


def playbook_names() -> list[str]:
    """Names of the playbooks that ship."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def load_playbook(name_or_path: str | Path) -> Playbook:
    """A user's own file where there is one of that path, else the shipped playbook of that name.

    Raises PlaybookError, one line that names file, line, field and mend.
    """
    path = Path(name_or_path)
    if path.is_file():
        return read_playbook(path)
    name = str(name_or_path)
    if name in playbook_names():
        return read_playbook(_SHIPPED / f"{name}.yaml")
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise PlaybookError(f"{name}: there is no such playbook file; give a path that exists or a name")
    hint = did_you_mean(name, playbook_names()) or f"; there are: {', '.join(playbook_names())}"
    raise PlaybookError(f"there is no playbook '{name}'{hint}")


def playbook_text(name: str) -> str:
    """The YAML of a shipped playbook. Raises PlaybookError."""
    if name not in playbook_names():
        raise PlaybookError(f"there is no playbook '{name}'")
    return (_SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")


def read_playbook(path: Path) -> Playbook:
    """The playbook in one file. Raises PlaybookError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlaybookError(f"{path}: cannot be read: {error}") from None
    return parse_playbook(text, str(path))


def parse_playbook(text: str, where: str) -> Playbook:
    """A playbook from YAML text; `where` names it in errors. Raises PlaybookError."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise PlaybookError(f"{at}: this is not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PlaybookError(f"{where}: this is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(node, yaml.MappingNode):
        raise PlaybookError(f"{where}:1: a playbook is a mapping with `name`, `levels` and so on")
    _refuse_doubles(node, where)
    try:
        return Playbook.model_validate(value)
    except ValidationError as error:
        raise PlaybookError(_explain(error, node, where)) from None


def _refuse_doubles(node: yaml.Node, where: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                first = seen[key.value]
                raise PlaybookError(f"{where}:{line}: '{key.value}' is there twice, first in line {first}; keep one")
            seen[str(key.value)] = line
            _refuse_doubles(value, where)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_doubles(item, where)


def _explain(error: ValidationError, root: yaml.Node, where: str) -> str:
    first = error.errors(include_url=False)[0]
    loc = first["loc"]
    node, reached = _find(root, loc)
    line = node.start_mark.line + 1
    field = ".".join(str(part) for part in loc) or "playbook"
    match first["type"]:
        case "missing":
            said = "this field is missing; add it"
        case "extra_forbidden":
            known = _siblings(loc)
            hint = did_you_mean(str(loc[-1]), known) or f"; known here: {', '.join(known)}"
            said = f"this field is unknown{hint}"
        case _:
            shown = f" (it is {first['input']!r})" if reached and not isinstance(first["input"], dict | list) else ""
            said = first["msg"].removeprefix("Value error, ") + shown
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}:{line}: {field}: {said}{more}"


def _find(root: yaml.Node, loc: tuple[int | str, ...]) -> tuple[yaml.Node, bool]:
    """The node at a pydantic location, or the nearest one above it; and whether it was reached."""
    node = root
    for part in loc:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == part), None)
            if found is not None:
                key, value = found
                node = key if part == loc[-1] and not isinstance(value, yaml.ScalarNode) else value
                continue
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            continue
        return node, False
    return node, True


def _siblings(loc: tuple[int | str, ...]) -> list[str]:
    """Fields that the model at the parent of a location knows."""
    schema = Playbook.model_json_schema()
    part: dict[str, Any] = schema
    for step in loc[:-1]:
        part = _resolve(
            schema, part.get("items", {}) if isinstance(step, int) else part.get("properties", {}).get(step, {})
        )
    return list(part.get("properties", {}))


def _resolve(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in part:
        part = part["anyOf"][0]
    if "$ref" in part:
        found: dict[str, Any] = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
        return found
    return part
