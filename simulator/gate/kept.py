"""Results of gates that were played here: `.gameday/gates/<suite>/<time>.json`, and the one to compare with."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.errors import BadInput
from simulator.report.gate import ComparedWith, Gate
from simulator.report.publish import write_json

KEPT = 50
"""Results of one suite; older ones are let go."""
LAST, BRANCH = "last", "branch"
_ALIKE = ("app", "suite", "playbook", "responder", "clock")


@dataclass(frozen=True)
class Alike:
    """What two results have in common that can be compared."""

    app: str
    suite: str
    playbook: str
    responder: str
    clock: float


@dataclass(frozen=True)
class Baseline:
    """An earlier result, by the name that it was asked for."""

    name: str
    gate: Gate

    @property
    def compared_with(self) -> ComparedWith:
        """As it is published."""
        return ComparedWith(name=self.name, started_at=self.gate.started_at, revision=self.gate.revision)


def keep(gate: Gate, root: Path) -> Path:
    """Write it, whole or not at all, and let old ones go; returns its place. Raises `NotPossible`."""
    folder = _folder(root, gate.suite)
    path = folder / f"{gate.started_at:%Y%m%dT%H%M%S%f}Z.json"
    write_json(gate, path)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def read_baseline(path: Path, played: Alike) -> Baseline:
    """The result in a file. Raises `BadInput` if it is none, or one that was played otherwise."""
    try:
        gate = Gate.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput(
            f"--baseline: {path}: cannot be read: {error.strerror}; give a file, '{LAST}' or '{BRANCH}'"
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(
            f"--baseline: {path}: {place}: {first['msg']}; it is no result of 'gameday gate --json FILE'"
        ) from None
    if differing := [name for name in _ALIKE if getattr(gate, name) != getattr(played, name)]:
        was = ", ".join(f"{name} {getattr(gate, name)}" for name in differing)
        now = ", ".join(f"{name} {getattr(played, name)}" for name in differing)
        raise BadInput(
            f"--baseline: {path}: was played with {was}, and this is {now}; only like can be compared with like"
        )
    return Baseline(str(path), gate)


def newest(root: Path, played: Alike, name: str, *, branch: str | None = None) -> Baseline | None:
    """The newest result that was judged and played alike, of `branch` (None: of any); None where there is none."""

    def fits(found: dict[str, Any]) -> bool:
        is_alike = all(found.get(key) == getattr(played, key) for key in _ALIKE)
        is_there = branch is None or (found.get("revision") or {}).get("branch") == branch
        return is_alike and is_there and found.get("outcome") != "inconclusive"

    return next((Baseline(name, gate) for gate in _kept(_folder(root, played.suite), fits)), None)


def _kept(folder: Path, fits: Callable[[dict[str, Any]], bool]) -> Iterator[Gate]:
    """Kept results that fit, newest first. One that cannot be read is none: another version may have written it."""
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            text = path.read_bytes()
            if fits(json.loads(text)):
                yield Gate.model_validate_json(text)
        except (OSError, ValueError):
            continue


def _folder(root: Path, suite: str) -> Path:
    return root / ".gameday" / "gates" / (re.sub(r"[^\w.-]+", "-", suite).strip(".-") or "suite")
