"""What a terminal was sent, as plain text, the end of it kept. Pure.

Colours and cursor movements are left out; of a line that was written over, as progress meters do, the last writing
counts; what full-screen programs (an editor, a pager, `top`) draw on the alternate screen is not kept at all.
"""

import re

OUTPUT_KEPT = 8_000
"""Characters of an output that are kept: its last ones."""
COMMAND_KEPT = 8_000
"""Characters of a command that are kept: its first ones."""
CUT = "[...]\n"
"""Stands where the rest was."""
_BYTES_KEPT = 8 * OUTPUT_KEPT
"""More than the characters kept, for control sequences and masks make a text shorter."""

_SWITCH = re.compile(rb"\x1b\[\?(?:1049|1047|47)([hl])")
_SWITCH_BEGUN = re.compile(rb"\x1b(?:\[(?:\?(?:1|10|104|1049|1047|4|47)?)?)?\Z")
_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, movements
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # strings: titles, links
    r"|[ -/]*[0-~])?"
)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Output:
    """The output of one command as it comes in, in pieces of any size."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._begun = b""
        self._is_elsewhere = False
        self._is_cut = False

    @property
    def is_cut(self) -> bool:
        """Whether its beginning is lost."""
        return self._is_cut

    def add(self, piece: bytes) -> None:
        """The next bytes."""
        piece = self._begun + piece
        begun = _SWITCH_BEGUN.search(piece)
        self._begun = begun[0] if begun else b""
        piece = piece[: len(piece) - len(self._begun)]
        at = 0
        for switch in _SWITCH.finditer(piece):
            self._keep(piece[at : switch.start()])
            self._is_elsewhere = switch[1] == b"h"
            at = switch.end()
        self._keep(piece[at:])

    def text(self) -> str:
        """All that is kept, as plain text. A line whose beginning is lost is left out: it may be half of a secret."""
        raw = bytes(self._kept)
        if self._is_cut:
            raw = raw.partition(b"\n")[2]
        return plain_text(raw)

    def _keep(self, piece: bytes) -> None:
        if self._is_elsewhere:
            return
        self._kept += piece
        if len(self._kept) > 2 * _BYTES_KEPT:
            del self._kept[:-_BYTES_KEPT]
            self._is_cut = True


def plain_text(raw: bytes) -> str:
    """Bytes for a terminal as text; what is neither text nor control sequence becomes U+FFFD."""
    text = _SEQUENCE.sub("", raw.decode("utf-8", errors="replace"))
    text = re.sub(r"\r+\n", "\n", text)
    if "\r" in text or "\b" in text:
        text = "\n".join(map(_written_over, text.split("\n")))
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def kept_output(text: str, *, is_cut: bool = False) -> str:
    """The end of an output; `is_cut` says that there was more before it."""
    if len(text) <= OUTPUT_KEPT:
        return CUT + text if is_cut else text
    return CUT + text[len(CUT) - OUTPUT_KEPT :]


def kept_command(text: str) -> str:
    """The beginning of a command."""
    return text if len(text) <= COMMAND_KEPT else text[: COMMAND_KEPT - len(CUT)] + CUT


def _written_over(line: str) -> str:
    shown: list[str] = []
    for char in next((part for part in reversed(line.split("\r")) if part), ""):
        if char != "\b":
            shown.append(char)
        elif shown:
            shown.pop()
    return "".join(shown)
