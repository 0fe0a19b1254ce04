"""Names to files: `database/connection-exhaustion` is found from any folder, a user's own path first."""

import difflib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from simulator.errors import BadInput


def experiment_file(name: str) -> Path:
    """The `experiment.yaml` for a path or a shipped name. Raises `BadInput` with the nearest names."""
    return _find(name, "experiment", dict(shipped_experiments()), inside="experiment.yaml")


def suite_file(name: str) -> Path:
    """The suite for a path or a shipped name. Raises `BadInput` with the nearest names."""
    return _find(name, "suite", dict(shipped_suites()), inside="suite.yaml")


def runbook_file(url: str) -> Path:
    """The runbook that an alert's `runbook_url` names: a file, or a shipped one. Raises `BadInput`."""
    path = Path(url)
    if path.is_file():
        return path.resolve()
    shipped = package_folder() / url.removeprefix("experiments/")
    if shipped.is_file():
        return shipped
    raise BadInput(f"runbook_url '{url}' names no file, neither here nor among the shipped runbooks")


def shipped_experiments() -> Iterator[tuple[str, Path]]:
    """(`family/failure-mode`, file) of each experiment that comes with the package, in order of name."""
    root = package_folder()
    for path in sorted(root.glob("*/*/experiment.yaml")):
        yield path.parent.relative_to(root).as_posix(), path


def shipped_suites() -> Iterator[tuple[str, Path]]:
    """(name, file) of each suite that comes with the package."""
    for path in sorted((package_folder() / "suites").glob("*.yaml")):
        yield path.stem, path


def package_folder() -> Path:
    """Where the shipped experiments lie."""
    return Path(str(files("experiments")))


def nearest(name: str, known: list[str]) -> str:
    """`; did you mean 'x'?`, or the whole list where nothing is near."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if not close:
        close = [k for k in known if name.rsplit("/", 1)[-1] and name.rsplit("/", 1)[-1] in k][:1]
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known: {', '.join(known)}" if known else ""


def _find(name: str, kind: str, shipped: dict[str, Path], *, inside: str) -> Path:
    path = Path(name)
    if path.is_file():
        return path.resolve()
    if (path / inside).is_file():
        return (path / inside).resolve()
    short = {key.rsplit("/", 1)[-1]: file for key, file in shipped.items()}
    found = shipped.get(name) or short.get(name)
    if found is not None:
        return found
    if path.suffix in {".yaml", ".yml", ".json"}:
        raise BadInput(f"{name}: there is no such file{nearest(path.stem, list(short))}")
    raise BadInput(f"{kind} '{name}' is neither a file nor a shipped name{nearest(name, list(shipped))}")
