"""Safeguards as users write them: with a suite or an app, in a file of their own, or in an experiment's control."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from simulator.drill.documents import Document, read_document, shown
from simulator.drill.strict import Strict, read_as

ADDON = "chaosaddons.controls.safeguards"
"""The control of chaostoolkit-addons whose probes we look at, whether that package is there or not."""
Settings = dict[str, Any]


class Safeguard(Strict):
    """A Chaos Toolkit probe and the tolerance within which a drill may go on.

    `frequency`: wall seconds between two looks, all through the drill. Without it the probe is looked at once: before
    the drill, or with `background` beside it.
    """

    name: str
    type: Literal["probe"] = "probe"
    provider: Settings
    tolerance: bool | int | str | list[Any] | Settings
    frequency: Annotated[float, Field(gt=0)] | None = None
    background: bool = False


class SafeguardsFile(Strict):
    """A file of safeguards; `configuration` and `secrets` are those of a Chaos Toolkit experiment."""

    configuration: Settings = Field(default_factory=dict)
    secrets: Settings = Field(default_factory=dict)
    safeguards: Annotated[tuple[Safeguard, ...], Field(min_length=1)]


class Control(Strict):
    """The arguments of chaostoolkit-addons' control. We stop in the middle of an activity, whatever the second says."""

    probes: tuple[Safeguard, ...] = ()
    interrupt_after_activity: bool = False


@dataclass(frozen=True)
class Guards:
    """Safeguards of one origin. Python modules of the user's that they name lie in `folder`."""

    origin: str
    folder: str
    safeguards: tuple[Settings, ...]
    configuration: Settings = field(default_factory=dict)
    secrets: Settings = field(default_factory=dict)


def guards_of_file(path: Path) -> Guards:
    """Raises `BadInput` that names file, line and mend."""
    document = read_document(path)
    file = read_as(document, SafeguardsFile, "file of safeguards")
    settings = (file.configuration, file.secrets)
    return Guards(shown(path), _folder(path), _checked(document, file.safeguards, "safeguards"), *settings)


def guards_in(path: Path, safeguards: Sequence[Safeguard]) -> Guards:
    """Those that were read from `safeguards:` of the file at `path`, a suite or an app's. Raises `BadInput`."""
    return Guards(shown(path), _folder(path), _checked(read_document(path), safeguards, "safeguards"))


def guards_of_experiment(path: Path) -> Guards:
    """Those of the experiment's own safeguards control, with its configuration; mostly none. Raises `BadInput`."""
    document = read_document(path)
    found: list[Settings] = []
    for index, control in enumerate(document.data.get("controls") or []):
        provider = control.get("provider") if isinstance(control, dict) else None
        if isinstance(provider, dict) and provider.get("module") == ADDON and "arguments" in provider:
            at = ("controls", index, "provider", "arguments")
            read = read_as(document, Control, "safeguards control", at)
            found += _checked(document, read.probes, *at, "probes")
    settings = (document.data.get(key) or {} for key in ("configuration", "secrets"))
    return Guards(shown(path), _folder(path), tuple(found), *settings)


def _folder(path: Path) -> str:
    return str(path.resolve().parent)


def _checked(document: Document, safeguards: Sequence[Safeguard], *at: str | int) -> tuple[Settings, ...]:
    """As plain data, seen by Chaos Toolkit's own eyes. Raises `BadInput` for the first that it refuses."""
    plain = tuple(safeguard.model_dump(exclude_none=True) for safeguard in safeguards)
    if plain:  # else there is no need of Chaos Toolkit, which takes its time to be imported
        from chaoslib.activity import ensure_activity_is_valid
        from chaoslib.exceptions import ChaosException
        from chaoslib.hypothesis import ensure_hypothesis_tolerance_is_valid

        logging.getLogger("chaostoolkit").setLevel(logging.CRITICAL)
        with _importable(_folder(document.path)):
            for index, activity in enumerate(plain):
                try:
                    ensure_activity_is_valid(activity)
                    ensure_hypothesis_tolerance_is_valid(activity["tolerance"])
                except ChaosException as error:
                    said = f"safeguard '{activity['name']}': Chaos Toolkit refuses it: {error}"
                    raise document.fail(said, *at, index) from None
    return plain


@contextmanager
def _importable(folder: str) -> Iterator[None]:
    """Modules of the user's, as Chaos Toolkit finds them: it runs in the folder of its file."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
