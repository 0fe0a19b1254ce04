"""What a shell's stream says of commands, told to an outbox: each as it begins, and what came of it as it ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulator.drill.shell import Ran, kept
from simulator.drill.shell.marks import Began, Ended, Marks
from simulator.drill.shell.masks import Masks
from simulator.drill.shell.outbox import Outbox
from simulator.drill.shell.plain import Output

_LEAVES = (["exit"], ["logout"])


@dataclass
class _Running:
    """A command that has begun. `number` counts those of this shell, `drill` is the one on whose timeline it goes."""

    command: str
    drill: str
    number: int
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    seen: Output = field(default_factory=Output)


class Recorder:
    """Commands of one shell. `drill` says which drill is played as a command begins; with None it is not recorded."""

    def __init__(self, marks: Marks, masks: Masks, outbox: Outbox, drill: Callable[[], str | None]) -> None:
        self._marks = marks
        self._masks = masks
        self._outbox = outbox
        self._drill = drill
        self._number = 0
        self._running: _Running | None = None
        self.trouble: list[str] = []
        """What could not be recorded, a sentence each."""

    def see(self, piece: bytes) -> bytes:
        """The next bytes of the shell's terminal; returns what of them is to be shown."""
        shown = []
        for part in self._marks.split(piece):
            if isinstance(part, Began):
                self.begin(part.command)
            elif isinstance(part, Ended):
                self.end(part.status)
            else:
                shown.append(part)
                self.add(part)
        return b"".join(shown)

    def begin(self, command: str) -> None:
        """A command begins."""
        self.end(None)
        if (drill := self._drill()) is not None:
            self._number += 1
            self._running = _Running(command, drill, self._number)
            self._tell(self._outbox.begin, self._running, None)

    def add(self, piece: bytes) -> None:
        """Bytes that the command printed."""
        if self._running is not None:
            self._running.seen.add(piece)

    def end(self, status: int | None) -> None:
        """The command has ended with this status; None if nobody saw its end."""
        running, self._running = self._running, None
        if running is not None:
            self._tell(self._outbox.end, running, status)

    def leave(self, status: int | None) -> None:
        """The shell has ended, with this status if by itself. That it was left is nothing done to the app."""
        running = self._running
        if running is not None and status is not None and running.command.split()[:1] in _LEAVES:
            self._running = None
            self._outbox.forget()
        self.end(status)

    def _tell(self, to: Callable[[str, int, datetime, Ran], None], running: _Running, status: int | None) -> None:
        """A shell goes on though nothing can be written any more."""
        said = kept(self._masks, running.command, status, running.seen, time.monotonic() - running.began)
        try:
            to(running.drill, running.number, running.began_at, said)
        except OSError as error:
            self.trouble.append(f"'{said.command:.60}' is not on the timeline: it could not be kept: {error}")
