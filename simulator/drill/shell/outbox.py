"""What a shell has to tell the timeline, on disk until scoring has it.

Each shell has a folder under `.gameday/shells`, with a file for each command that waits and one for the command that
runs. A lock says that the shell lives. What a shell that was killed left there, the next one sends: the command that
ran then is told as unfinished.
"""

import asyncio
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.drill.scoring_client import instant
from simulator.drill.shell import Ran

_RUNNING = "running"


@dataclass(frozen=True)
class Letter:
    """An event on its way to the timeline of `drill`."""

    path: Path
    drill: str
    event: dict[str, Any]


class Outbox:
    """One shell's folder. `who` types, if that is known."""

    def __init__(self, folder: Path, who: str | None = None) -> None:
        """Raises `BlockingIOError` if a shell that lives has it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.news = asyncio.Event()
        """Set when a letter is put in."""
        self._who = who
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise

    @classmethod
    def new(cls, root: Path, who: str | None = None) -> "Outbox":
        """One for a shell that begins, in the working folder `root`."""
        return cls(_shells(root) / uuid.uuid4().hex[:12], who)

    @classmethod
    def left(cls, root: Path) -> Iterator["Outbox"]:
        """Those of shells that were killed, with what ran then among the letters. The caller closes each."""
        for folder in sorted(_shells(root).glob("*/")):
            with suppress(BlockingIOError):
                outbox = cls(folder)
                running = folder / _RUNNING
                if running.exists():
                    running.rename(folder / f"{json.loads(running.read_text())['number']:06}.json")
                yield outbox

    def begin(self, drill: str, number: int, began_at: datetime, ran: Ran) -> None:
        """A command runs: should the shell be killed, that is known of it."""
        self._write(_RUNNING, drill, number, began_at, ran)

    def end(self, drill: str, number: int, began_at: datetime, ran: Ran) -> None:
        """A command has ended, and is to be told."""
        self._write(f"{number:06}.json", drill, number, began_at, ran)
        self.forget()
        self.news.set()

    def forget(self) -> None:
        """What runs is not to be told."""
        (self.folder / _RUNNING).unlink(missing_ok=True)

    def letters(self) -> list[Letter]:
        """All that waits, oldest first."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            said = json.loads(path.read_text(encoding="utf-8"))
            found.append(Letter(path, said["drill"], said["event"]))
        return found

    def close(self) -> None:
        """The folder goes if nothing waits in it, and is anybody's else."""
        if not self.letters():
            shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)

    def _write(self, name: str, drill: str, number: int, began_at: datetime, ran: Ran) -> None:
        event = {
            "kind": "action.taken",
            "source": "shell",
            "occurred_at": instant(began_at),
            "data": {**ran.as_event(), **({"who": self._who} if self._who else {})},
            "key": f"shell/{self.folder.name}/{number}",
        }
        new = self.folder / "new"
        new.write_text(json.dumps({"drill": drill, "number": number, "event": event}), encoding="utf-8")
        new.rename(self.folder / name)


def _shells(root: Path) -> Path:
    return root / ".gameday" / "shells"
