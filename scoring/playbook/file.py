"""Playbooks from YAML: the shipped ones by name, a user's own by path, with errors that say file, line and mend."""

from pathlib import Path

from pydantic import ValidationError

from scoring.documents.explaining import explain
from scoring.documents.form import Form, InvalidDocument
from scoring.documents.reading import locate, names, parse_yaml, read_text
from scoring.errors import PlaybookError
from scoring.playbook import Playbook


class InvalidPlaybook(InvalidDocument, PlaybookError):
    """A playbook with mistakes: `problems` are all that were found, a line each; as a text it shows the first."""


FORM = Form(
    noun="playbook",
    parts="`name`, `levels`",
    model=Playbook,
    folder=Path(__file__).parents[1] / "playbooks",
    missing=PlaybookError,
    invalid=InvalidPlaybook,
)


def playbook_names() -> list[str]:
    """Names of the playbooks that ship."""
    return names(FORM)


def load_playbook(name_or_path: str | Path) -> Playbook:
    """A user's own file where there is one of that path, else the shipped playbook of that name.

    Raises PlaybookError, one line that names file, line, field and mend.
    """
    return read_playbook(locate(name_or_path, FORM))


def playbook_text(name_or_path: str | Path) -> str:
    """The YAML of what `load_playbook` would load. Raises PlaybookError."""
    return read_text(locate(name_or_path, FORM), FORM)


def read_playbook(path: Path) -> Playbook:
    """The playbook in one file. Raises PlaybookError."""
    return parse_playbook(read_text(path, FORM), str(path))


def parse_playbook(text: str, where: str) -> Playbook:
    """A playbook from YAML text; `where` names it in errors. Raises InvalidPlaybook."""
    node, value = parse_yaml(text, where, FORM)
    try:
        return Playbook.model_validate(value)
    except ValidationError as error:
        raise InvalidPlaybook(explain(error, node, where, FORM)) from None
