"""What somebody filled in, from whose seat, and how it is refused: with a sentence beside the field."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scoring.desk import Desk
from scoring.playbook import Playbook
from scoring.timeline import Data

MOST_CHARACTERS = 5_000
"""Of one field."""
MOST_FIELDS = 300
WHOLE = ""
"""Stands for the form as a whole where a field is named."""


class Refused(Exception):
    """A form that makes no event. `faults` has a sentence for each field, by its name, or `WHOLE`."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


@dataclass(frozen=True)
class Filled:
    """The event that a form makes."""

    kind: str
    data: Data


@dataclass(frozen=True)
class Seat:
    """Who fills in a form, when, and what they see. `later` tells instants by drill seconds from now.

    `held` are the faults that are ready to be injected; nobody but the facilitator is told. A drill that `is_guided`
    has hints, and lets its responders take breaks.
    """

    desk: Desk
    playbook: Playbook
    who: str
    now: datetime
    later: Callable[[float], datetime | None]
    held: tuple[str, ...] = ()
    is_guided: bool = False


class Form:
    """The fields of a form as they were sent, `most` characters of each.

    Texts come without blanks around them and without control characters.
    """

    def __init__(self, fields: Iterable[tuple[str, str]], most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)
        self._faults: dict[str, str] = {}

    def text(self, name: str) -> str:
        """What stands in a field; empty where nothing does. One that is too long is refused in the end."""
        value = _printable(next(iter(self._fields.get(name, [])), ""))
        if len(value) > self._most:
            self.fault(name, f"This has {len(value):,} characters; {self._most:,} are read. Say it in fewer.")
        return value

    def all(self, name: str) -> list[str]:
        """Everything that was chosen under a name, each once."""
        values = map(_printable, self._fields.get(name, []))
        return [value[: self._most] for value in dict.fromkeys(values) if value]

    def has(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def named(self, start: str) -> list[str]:
        """The names of fields that begin so, in the order in which they were sent."""
        return [name for name in self._fields if name.startswith(start)]

    def need(self, name: str, sentence: str) -> str:
        """What stands in a field; a blank one is refused in the end, with the sentence."""
        value = self.text(name)
        if not value:
            self.fault(name, sentence)
        return value

    def fault(self, name: str, sentence: str) -> None:
        """Refuse a field in the end; the first sentence of a field stands."""
        self._faults.setdefault(name, sentence)

    def check(self) -> None:
        """Raises Refused if anything was found."""
        if self._faults:
            raise Refused(self._faults)

    def plain(self) -> dict[str, list[str]]:
        """Everything as it was sent, to be shown again."""
        return {name: list(values) for name, values in self._fields.items()}


def said(**data: object) -> Data:
    """The data of an event, without what was left blank."""
    return {name: value for name, value in data.items() if value not in ("", None, [])}


def ago(seat: Seat, at: datetime) -> str:
    """`at 10:05:12 UTC`, for a sentence."""
    day = "" if at.date() == seat.now.date() else f"on {at:%Y-%m-%d} "
    return f"{day}at {at:%H:%M:%S} UTC"


def _printable(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c.isprintable() or c in "\n\t").strip()
