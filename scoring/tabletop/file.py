"""Scenarios from YAML: the shipped ones by name, a user's own by path, each with the playbook by which it is played."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from scoring import timeline
from scoring.documents.explaining import explain, point_at
from scoring.documents.form import Form, InvalidDocument
from scoring.documents.reading import locate, names, parse_yaml, read_text
from scoring.errors import PlaybookError, TabletopError
from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook, playbook_names, playbook_text
from scoring.tabletop import Scenario
from scoring.tabletop.fitting import find_misfits


class InvalidScenario(InvalidDocument, TabletopError):
    """A scenario with mistakes: `problems` are all that were found, a line each; as a text it shows the first."""


FORM = Form(
    noun="tabletop scenario",
    parts="`name`, `situation`, `injects`",
    model=Scenario,
    folder=Path(__file__).parent / "scenarios",
    missing=TabletopError,
    invalid=InvalidScenario,
)


@dataclass(frozen=True)
class Prepared:
    """A scenario that holds together, and the playbook that it fits."""

    scenario: Scenario
    playbook: Playbook

    @property
    def truth(self) -> timeline.Truth:
        """What is really wrong, as a timeline carries it."""
        truth = self.scenario.truth
        return timeline.Truth(
            failure_mode=truth.failure_mode,
            component=truth.component,
            neighbours=truth.neighbours,
            severity={self.playbook.name: truth.severity},
            alerts=truth.alerts,
        )


def scenario_names() -> list[str]:
    """Names of the scenarios that ship."""
    return names(FORM)


def load_scenario(name_or_path: str | Path) -> Prepared:
    """A user's own file where there is one of that path, else the shipped scenario of that name.

    Raises TabletopError, one line that names file, line, field and mend.
    """
    path = locate(name_or_path, FORM)
    return parse_scenario(read_text(path, FORM), str(path), path.parent)


def scenario_text(name_or_path: str | Path) -> str:
    """The YAML of what `load_scenario` would load. Raises TabletopError."""
    return read_text(locate(name_or_path, FORM), FORM)


def parse_scenario(text: str, where: str, folder: Path | None = None, playbook: Playbook | None = None) -> Prepared:
    """A scenario from YAML text; `where` names it in errors, and a playbook of its own is looked for in `folder` first.

    A `playbook` that is given holds, whatever the text names. Without either only a playbook that ships will do: a text
    from elsewhere must not name files of this machine.
    Raises InvalidScenario.
    """
    node, value = parse_yaml(text, where, FORM)
    try:
        scenario = Scenario.model_validate(value)
    except ValidationError as error:
        raise InvalidScenario(explain(error, node, where, FORM)) from None
    try:
        playbook = playbook or playbook_of(scenario.playbook, folder)
    except PlaybookError as error:
        raise InvalidScenario(point_at([(("playbook",), str(error))], node, where, FORM)) from None
    if misfits := list(find_misfits(scenario, playbook)):
        raise InvalidScenario(point_at(misfits, node, where, FORM))
    return Prepared(scenario, playbook)


def playbook_of(name: str, folder: Path | None) -> Playbook:
    """The playbook that a scenario in a folder names: a file, seen from there, or one that ships.

    Without a folder only one that ships will do. Raises PlaybookError.
    """
    if folder is None and name not in playbook_names():
        raise PlaybookError(f"there is no playbook {name!r}; there are: {', '.join(playbook_names())}")
    return load_playbook(_seen_from(folder, name))


def playbook_text_of(name: str, folder: Path | None) -> str:
    """The YAML of what `playbook_of` would load. Raises PlaybookError."""
    return playbook_text(_seen_from(folder, name))


def _seen_from(folder: Path | None, name: str) -> str:
    """A playbook's file beside a scenario where there is one, else the name as it is."""
    beside = os.path.join(folder, name) if folder is not None else name
    return beside if os.path.isfile(beside) else name
