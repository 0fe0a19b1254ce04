"""What a drill has to take back, written into the cluster before its first action and removed when all is taken back.

Who finds it without a living claim (`claim.py`) beside it, on whatever machine, can finish: the experiments' files
are in it, and all that the namespace held. It lies in Secrets, for it holds those of the namespace: `gameday-drill-0`
and, where one is too small, its followers. The first is written last and removed first, so that what is there is whole.
"""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from simulator.drill.app.description import Endpoint
from simulator.drill.belongings import DRILL, KINDS, Snapshot
from simulator.drill.kube import Kube, Refused
from simulator.errors import NotPossible

PIECE_BYTES = 700 * 1024
"""A Secret holds 1 MiB, and a request to write one at most 1.5 MiB."""
FILES_BYTES = 1024 * 1024
"""How much of an experiment's folder is written down, nearest files first: it may lie in one that holds much else."""
APP_URL = "{APP_URL}"
_SECRET = next(kind for kind in KINDS if kind.name == "Secret")
_PIECES, _OF = "gameday/pieces", "gameday/drill"


@dataclass(frozen=True)
class Played:
    """An experiment as it is played: the file's name, and by name all files of its folder."""

    name: str
    file: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Unfinished:
    """A drill that began. `by` says who and where; `mark` is what its processes carry on `host`.

    `endpoints` are Services whose URLs experiments find in variables, the app's first; `variables` are what else they
    find, with `APP_URL` for the app's URL. `database` is scoring's, on `host`.
    """

    drill: str
    title: str
    by: str
    host: str
    mark: str
    started_at: str
    clock: float
    experiments: tuple[Played, ...]
    endpoints: tuple[Endpoint, ...]
    variables: Mapping[str, str]
    database: str
    belongings: Snapshot

    @property
    def told(self) -> str:
        """What it is, in a sentence."""
        return f"drill {self.drill} ({self.title}), begun by {self.by} at {self.started_at}, was not taken back"


def played(name: str, path: Path) -> Played:
    """What it takes to play the experiment at `path` elsewhere: texts of its folder and of the folders in it."""
    folder, left, files = path.parent, FILES_BYTES, {}
    for each in (path, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))):
        text = None if each.relative_to(folder).as_posix().startswith((".", "__")) else _text(each, left)
        if text is not None and (here := each.relative_to(folder).as_posix()) not in files:
            files[here] = text
            left -= len(text)
    return Played(name, path.name, files)


def _text(path: Path, most_bytes: int) -> str | None:
    """None for what is no file, is no text or is too large."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() and path.stat().st_size <= most_bytes else None
    except (OSError, UnicodeDecodeError):
        return None


def write(kube: Kube, unfinished: Unfinished) -> None:
    """Raises `NotPossible` if the cluster refuses, or holds the record of another drill, which is not overwritten."""
    pieces = pack(unfinished)
    for number in reversed(range(len(pieces))):
        if number:
            kube.delete(_SECRET, f"{DRILL}-{number}")
        try:
            kube.create(_SECRET, _secret(number, pieces, unfinished))
        except Refused as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            raise NotPossible(
                f"namespace {kube.namespace} holds the record of a drill that was not taken back; run 'gameday recover'"
            ) from None


def read(kube: Kube) -> Unfinished | None:
    """The drill that was begun and not taken back, or None. Raises `NotPossible` for a record that cannot be read."""
    first = kube.read(_SECRET, f"{DRILL}-0")
    if first is None:
        return None
    count = int(first["metadata"].get("annotations", {}).get(_PIECES, 1))
    secrets = [first, *(kube.read(_SECRET, f"{DRILL}-{number}") for number in range(1, count))]
    try:
        return unpack([base64.b64decode(secret["data"]["record"]) for secret in secrets if secret is not None])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise NotPossible(
            f"the record of an unfinished drill, Secret {DRILL}-0 in namespace {kube.namespace}, cannot be read "
            f"({error!r}): another version wrote it; recover with that one, or 'gameday recover --forget'"
        ) from None


def remove(kube: Kube, drill: str | None = None) -> None:
    """All is taken back. If the note is another drill's than `drill`, where one is given, it stays.

    Raises `NotPossible` if the cluster refuses.
    """
    first = kube.read(_SECRET, f"{DRILL}-0")
    if first is None:
        return
    notes = first["metadata"].get("annotations", {})
    if drill is None or notes.get(_OF) == drill:
        for number in range(int(notes.get(_PIECES, 1))):
            kube.delete(_SECRET, f"{DRILL}-{number}")


def pack(unfinished: Unfinished, piece_bytes: int = PIECE_BYTES) -> list[bytes]:
    """In pieces of at most `piece_bytes`, compressed."""
    whole = gzip.compress(json.dumps(asdict(unfinished), default=_plain).encode(), mtime=0)
    return [whole[at : at + piece_bytes] for at in range(0, len(whole), piece_bytes)]


def unpack(pieces: Iterable[bytes]) -> Unfinished:
    """The reverse. Raises `ValueError`, `OSError` or `TypeError` for what `pack` did not write."""
    said = Unfinished(**json.loads(gzip.decompress(b"".join(pieces))))
    return replace(
        said,
        experiments=tuple(Played(**_fields(each)) for each in said.experiments),
        endpoints=tuple(Endpoint.model_validate(each) for each in said.endpoints),
    )


def _fields(parsed: Any) -> dict[str, Any]:
    return dict(parsed)


def _plain(endpoint: Endpoint) -> dict[str, Any]:
    return endpoint.model_dump(mode="json")


def _secret(number: int, pieces: Sequence[bytes], unfinished: Unfinished) -> dict[str, Any]:
    """Its annotations are for whoever looks with kubectl."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{DRILL}-{number}",
            "labels": {"app.kubernetes.io/managed-by": "gameday"},
            "annotations": {
                _PIECES: str(len(pieces)),
                _OF: unfinished.drill,
                "gameday/by": unfinished.by,
                "gameday/started-at": unfinished.started_at,
                "gameday/mend": "gameday recover",
            },
        },
        "data": {"record": base64.b64encode(pieces[number]).decode()},
    }
