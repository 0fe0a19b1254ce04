"""The seat of a drill for a person: what `gameday shell` works with, in a file that only its user can read."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.errors import NotPossible


class Seat(BaseModel):
    """Where a responder sits down.

    `url` is the scoring service's, `token` a responder's, `drill` the one that is played now (None before and between
    drills), `title` what a responder may call it, `clock` the drill seconds of a wall second. `env` is what the shell
    has beside its user's own environment, whose PATH comes after the one in `env`; `hosts` gives `host:port` for each
    host name that answers in it. `pid` is the run's: without it nobody plays here.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    token: str = Field(repr=False)
    drill: str | None = None
    title: str
    clock: float = Field(gt=0)
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    hosts: dict[str, str] = Field(default_factory=dict)
    pid: int = Field(default_factory=os.getpid)


def write_seat(root: Path, seat: Seat) -> Path:
    """Write the seat of the working folder `root`, in the place of one that is there; returns the file."""
    path = _place(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(seat.model_dump_json(indent=2))
    new.replace(path)
    return path


def remove_seat(root: Path) -> None:
    """The seat is taken away; one that is not there is no error."""
    _place(root).unlink(missing_ok=True)


def read_seat(root: Path) -> Seat:
    """The seat of the working folder `root`. Raises `NotPossible` if no drill for a person runs here."""
    path = _place(root)
    try:
        seat = Seat.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NotPossible(
            f"no drill for a person runs in {root}; start one there with 'gameday run EXPERIMENT --responder human', "
            "or go to the folder where it was started"
        ) from None
    except PermissionError:
        raise NotPossible(f"{path}: cannot be read; only the user who started the drill can sit down here") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise NotPossible(f"{path}: '{where}': {first['msg']}; end the run that wrote it and start it again") from None
    if not _lives(seat.pid):
        raise NotPossible(
            f"the run that left {path} has ended without taking it away; start a drill with 'gameday run EXPERIMENT "
            "--responder human'"
        )
    return seat


def _place(root: Path) -> Path:
    return root / ".gameday" / "seat.json"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
