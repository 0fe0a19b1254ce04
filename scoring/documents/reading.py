"""YAML as nodes that know their lines: a shipped document by its name, a user's own by its path."""

from pathlib import Path

import yaml

from scoring.canonical import did_you_mean
from scoring.documents.form import Form


def names(form: Form) -> list[str]:
    """Names of the documents that ship."""
    return sorted(path.stem for path in form.folder.glob("*.yaml"))


def locate(name_or_path: str | Path, form: Form) -> Path:
    """A user's own file where there is one of that path, else the shipped document of that name.

    Raises the form's `missing`.
    """
    path, name, noun = Path(name_or_path), str(name_or_path), form.noun
    try:
        if path.is_file():
            return path
        is_folder = path.is_dir()
    except OSError as error:
        raise form.missing(f"{name}: cannot be read: {error.strerror}") from None
    if name in names(form):
        return form.folder / f"{name}.yaml"
    if is_folder:
        raise form.missing(f"{name}: this is a folder; give the {noun}'s file in it, or a name")
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        raise form.missing(f"{name}: there is no such {noun} file; give a path that exists or a name")
    hint = did_you_mean(name, names(form)) or f"; there are: {', '.join(names(form))}"
    raise form.missing(f"there is no {noun} {name!r}{hint}")


def read_text(path: Path, form: Form) -> str:
    """The text of a file, cut where it is too long to be one. Raises the form's `missing`."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(form.most_chars + 1)
    except UnicodeDecodeError:
        raise form.missing(f"{path}: this is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise form.missing(f"{path}: cannot be read: {error.strerror}") from None


def parse_yaml(text: str, where: str, form: Form) -> tuple[yaml.MappingNode, object]:
    """The one mapping in a text as nodes and as values; `where` names it. Raises the form's `invalid`."""
    if len(text) > form.most_chars:
        said = f"this has more than {form.most_chars:,} characters; a {form.noun} has a tenth of it"
        raise form.invalid([f"{where}: {said}"])
    try:
        _refuse_what_explodes(text, where, form)
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        value = _construct(loader, node, where, form) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise form.invalid([f"{at}: this is not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise form.invalid([f"{where}: this is not YAML: {str(error).splitlines()[0]}"]) from None
    if node is None:
        raise form.invalid([f"{where}:1: this is empty; a {form.noun} has {form.parts} and so on"])
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise form.invalid([f"{where}:{line}: a {form.noun} is a mapping with {form.parts} and so on"])
    if doubled := _doubled(node, where):
        raise form.invalid(doubled)
    return node, value


def _construct(loader: yaml.CSafeLoader, node: yaml.Node, where: str, form: Form) -> object:
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
            raise form.invalid([f"{where}:{part.start_mark.line + 1}: {said}"]) from None
    return loader.construct_document(node)


def _refuse_what_explodes(text: str, where: str, form: Form) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        at = f"{where}:{event.start_mark.line + 1}" if event.start_mark else where
        if isinstance(event, yaml.AliasEvent):
            said = f"'*{event.anchor}' is an alias; write the value out, so that it is read where it stands"
            raise form.invalid([f"{at}: {said}"])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > form.most_depth:
            raise form.invalid([f"{at}: this is nested deeper than {form.most_depth}; a {form.noun} is flatter"])


def _doubled(node: yaml.Node, where: str) -> list[str]:
    """Fields that are there twice: YAML would silently keep the last."""
    if isinstance(node, yaml.SequenceNode):
        return [said for item in node.value for said in _doubled(item, where)]
    if not isinstance(node, yaml.MappingNode):
        return []
    said: list[str] = []
    seen: dict[str, int] = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in seen:
            said.append(f"{where}:{line}: '{name}' is there twice, first in line {seen[name]}; keep one")
        seen.setdefault(name, line)
        said += _doubled(value, where)
    return said
