"""Playbooks from YAML: the shipped ones by name, a user's own by path, with errors that say file, line and mend."""

from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from scoring.canonical import did_you_mean
from scoring.errors import PlaybookError
from scoring.playbook import Playbook
from scoring.playbook.explain import explain

_SHIPPED = Path(__file__).parents[1] / "playbooks"
_MAX_CHARS = 200_000
_MAX_DEPTH = 30
"""Deeper nesting would overflow the C parser's stack; a playbook needs a third of it."""


class InvalidPlaybook(PlaybookError):
    """A playbook with mistakes: `problems` are all that were found, a line each; as a text it shows the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = tuple(problems)


def playbook_names() -> list[str]:
    """Names of the playbooks that ship."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def load_playbook(name_or_path: str | Path) -> Playbook:
    """A user's own file where there is one of that path, else the shipped playbook of that name.

    Raises PlaybookError, one line that names file, line, field and mend.
    """
    return read_playbook(_locate(name_or_path))


def playbook_text(name_or_path: str | Path) -> str:
    """The YAML of what `load_playbook` would load. Raises PlaybookError."""
    return _read(_locate(name_or_path))


def read_playbook(path: Path) -> Playbook:
    """The playbook in one file. Raises PlaybookError."""
    return parse_playbook(_read(path), str(path))


def parse_playbook(text: str, where: str) -> Playbook:
    """A playbook from YAML text; `where` names it in errors. Raises InvalidPlaybook."""
    node, value = _parse_yaml(text, where)
    if doubles := _doubles(node, where):
        raise InvalidPlaybook(doubles)
    try:
        return Playbook.model_validate(value)
    except ValidationError as error:
        raise InvalidPlaybook(explain(error, node, where)) from None


def _locate(name_or_path: str | Path) -> Path:
    path, name = Path(name_or_path), str(name_or_path)
    try:
        if path.is_file():
            return path
        is_folder = path.is_dir()
    except OSError as error:
        raise PlaybookError(f"{name}: cannot be read: {error.strerror}") from None
    if name in playbook_names():
        return _SHIPPED / f"{name}.yaml"
    if is_folder:
        raise PlaybookError(f"{name}: this is a folder; give the playbook's file in it, or a name")
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise PlaybookError(f"{name}: there is no such playbook file; give a path that exists or a name")
    hint = did_you_mean(name, playbook_names()) or f"; there are: {', '.join(playbook_names())}"
    raise PlaybookError(f"there is no playbook {name!r}{hint}")


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(_MAX_CHARS + 1)
    except UnicodeDecodeError:
        raise PlaybookError(f"{path}: this is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise PlaybookError(f"{path}: cannot be read: {error.strerror}") from None


def _parse_yaml(text: str, where: str) -> tuple[yaml.MappingNode, object]:
    """The one document as nodes, which know their lines, and as values. Raises InvalidPlaybook."""
    if len(text) > _MAX_CHARS:
        raise InvalidPlaybook([f"{where}: this has more than {_MAX_CHARS:,} characters; a playbook has a tenth of it"])
    try:
        _refuse_what_explodes(text, where)
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        value = _construct(loader, node, where) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise InvalidPlaybook([f"{at}: this is not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise InvalidPlaybook([f"{where}: this is not YAML: {str(error).splitlines()[0]}"]) from None
    if node is None:
        raise InvalidPlaybook([f"{where}:1: this is empty; a playbook has `name`, `levels` and so on"])
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise InvalidPlaybook([f"{where}:{line}: a playbook is a mapping with `name`, `levels` and so on"])
    return node, value


def _construct(loader: yaml.CSafeLoader, node: yaml.Node, where: str) -> object:
    """The values of a document, each scalar first by itself, so that one that is no value is told with its line."""
    nodes = [node]
    while nodes:
        part = nodes.pop()
        if isinstance(part, yaml.CollectionNode):
            nodes += [item for entry in part.value for item in (entry if isinstance(entry, tuple) else (entry,))]
            continue
        try:
            loader.construct_object(part)
        except (ValueError, OverflowError) as error:
            said = f"'{part.value[:60]}' is no value: {error}; write it in quotes"
            raise InvalidPlaybook([f"{where}:{part.start_mark.line + 1}: {said}"]) from None
    return loader.construct_document(node)


def _refuse_what_explodes(text: str, where: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        at = f"{where}:{event.start_mark.line + 1}" if event.start_mark else where
        if isinstance(event, yaml.AliasEvent):
            said = f"'*{event.anchor}' is an alias; write the value out, so that each figure stands with its source"
            raise InvalidPlaybook([f"{at}: {said}"])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise InvalidPlaybook([f"{at}: this is nested deeper than {_MAX_DEPTH}; a playbook is flatter"])


def _doubles(node: yaml.Node, where: str) -> list[str]:
    """Fields that are there twice: YAML would silently keep the last."""
    if isinstance(node, yaml.SequenceNode):
        return [said for item in node.value for said in _doubles(item, where)]
    if not isinstance(node, yaml.MappingNode):
        return []
    said: list[str] = []
    seen: dict[str, int] = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in seen:
            said.append(f"{where}:{line}: '{name}' is there twice, first in line {seen[name]}; keep one")
        seen.setdefault(name, line)
        said += _doubles(value, where)
    return said
