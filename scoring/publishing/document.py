"""What a document says, in the parts that every format has. How it looks is up to who writes it."""

import re
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Run:
    """A stretch of text in one manner; `href` makes it a link. A line break is a run of its own, `BREAK`."""

    text: str
    is_strong: bool = False
    is_emphasised: bool = False
    is_code: bool = False
    href: str = ""


BREAK = Run("\n")
Text = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; the title of the document is level 1."""

    level: int
    text: Text


@dataclass(frozen=True)
class Paragraph:
    """Text; `is_quiet` for what stands beside the matter."""

    text: Text
    is_quiet: bool = False


@dataclass(frozen=True)
class Figure:
    """One large figure and what it means, such as a score."""

    value: str
    text: Text


@dataclass(frozen=True)
class Facts:
    """Short facts, each with its name."""

    pairs: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Bullets:
    """A list; `start` is the first number of one that is numbered."""

    items: tuple["Blocks", ...]
    start: int | None = None


@dataclass(frozen=True)
class Table:
    """A table under a caption. `numeric` are the columns, from 0, that are set to the right."""

    heads: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    caption: str = ""
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Code:
    """Lines that are kept as they are."""

    text: str


@dataclass(frozen=True)
class Quote:
    """What somebody else said."""

    blocks: "Blocks"


@dataclass(frozen=True)
class Picture:
    """A drawing. `svg` has colours by name, as `palette` knows them; `alt` says in words what it shows."""

    svg: str
    alt: str


Block = Heading | Paragraph | Figure | Facts | Bullets | Table | Code | Quote | Picture
Blocks = tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole document. `footer` stands on each printed page, `written_at` is the instant that its file tells."""

    title: str
    blocks: Blocks
    subtitle: str = ""
    footer: str = ""
    written_at: datetime | None = None
    language: str = "en"


def words(text: str, *, strong: bool = False, quiet: bool = False) -> Text:
    """Plain text, lines kept."""
    found: list[Run] = []
    for line in text.split("\n"):
        if found:
            found.append(BREAK)
        if line:
            found.append(Run(line, is_strong=strong, is_emphasised=quiet))
    return tuple(found)


_UNITS = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|%)(?!\w))")


def together(text: str) -> str:
    """The text with each number and its unit on one line."""
    return _UNITS.sub("\u00a0", text)


def plain(text: Text) -> str:
    """The text without its manners."""
    return "".join(run.text for run in text)
