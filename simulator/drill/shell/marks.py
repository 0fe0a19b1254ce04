"""Marks that the shell puts between commands and their output, and their way out of the stream again. Pure.

They are those of terminals' shell integration, `OSC 633 ; E ; command BEL` as a command begins and `OSC 633 ; D ;
status BEL` as it ends (Visual Studio Code's page "Terminal Shell Integration", after FinalTerm's and iTerm2's OSC 133),
with one field more: a word that only our shell knows, so that no program can pretend. Everything else passes, such as
marks for the terminal outside. In the command, what a terminal would change is percent-encoded.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from simulator.drill.shell.plain import plain_text

_BEGIN, _END = b"\x1b]633;", b"\x07"
_MARK = re.compile(re.escape(_BEGIN) + rb"([^\x07\x1b\r\n]*)(?=(.)|\Z)", re.DOTALL)
_LONGEST = 1 << 20
"""Bytes from which on what began like a mark is none."""


@dataclass(frozen=True)
class Began:
    """A command begins: the text that was typed, be it of several lines."""

    command: str


@dataclass(frozen=True)
class Ended:
    """The command, if there was one, has ended with this status, and the shell is about to prompt."""

    status: int


class Marks:
    """Takes the marks that carry `word` out of one stream."""

    def __init__(self, word: str) -> None:
        self._close = f";{word}".encode()
        self._held = b""

    def split(self, piece: bytes) -> list[bytes | Began | Ended]:
        """The next bytes as what is to be shown, with the marks in their places.

        What may be the beginning of a mark, and no more, is held back until the bytes after it have come.
        """
        data = self._held + piece
        parts: list[bytes | Began | Ended] = []
        at, held_at = 0, len(data) - _begun(data)
        for found in _MARK.finditer(data):
            if found[2] is None and found.end() - found.start() < _LONGEST:
                held_at = found.start()
            elif found[2] == _END and (mark := self._read(found[1])) is not None:
                parts += [data[at : found.start()], mark]
                at = found.end() + len(_END)
        self._held = data[held_at:]
        return [part for part in (*parts, data[at:held_at]) if part]

    def _read(self, body: bytes) -> Began | Ended | None:
        if not body.endswith(self._close):
            return None
        kind, _, said = body.removesuffix(self._close).partition(b";")
        if kind == b"E":
            return Began(plain_text(unquote_to_bytes(said)))
        if kind == b"D" and said.isdigit():
            return Ended(int(said))
        return None


def _begun(data: bytes) -> int:
    """How many of the last bytes may be the beginning of a mark."""
    return next((size for size in range(len(_BEGIN) - 1, 0, -1) if data.endswith(_BEGIN[:size])), 0)
