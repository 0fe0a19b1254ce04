"""A document as PDF, set by Typst: A4, page numbers, bookmarks of the headings, tables whose head is on each page.

What is told reaches Typst as data and never as markup, so nothing that somebody typed can be anything but text.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from scoring.errors import ScoringError
from scoring.publishing.document import (
    BREAK,
    Block,
    Bullets,
    Code,
    Document,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Picture,
    Quote,
    Run,
    Table,
    Text,
    plain,
    together,
)
from scoring.publishing.palette import LIGHT, coloured

_NARROW = 16
"""Characters up to which a column is as wide as it needs to be."""
_LONG_WORD = 18
"""Longer words may be broken after a sign."""
_BREAKABLE = "/_.-=:,;?&"
_HERE = "\u200b"


def render_pdf(document: Document) -> bytes:
    """The whole file. Raises ScoringError where it cannot be set."""
    import typst  # a fifth of a second, which nobody pays who makes no PDF

    told = {
        "title": document.title,
        "subtitle": document.subtitle,
        "footer": document.footer,
        "language": document.language,
        "colours": LIGHT,
        "blocks": [_block(block) for block in document.blocks],
    }
    try:
        made = typst.compile(
            _template(),
            sys_inputs={"document": orjson.dumps(told).decode()},
            timestamp=(document.written_at or datetime.fromtimestamp(0, UTC)).replace(microsecond=0),
        )
    except (RuntimeError, ValueError) as error:
        raise ScoringError(f"the PDF of '{document.title}' cannot be set: {error}; write it as HTML") from error
    return bytes(made)


@cache
def _template() -> bytes:
    return files("scoring.publishing").joinpath("document.typ").read_bytes()


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(level, text):
            return {"kind": "heading", "level": level, "text": _text(text)}
        case Paragraph(text, is_quiet):
            return {"kind": "paragraph", "text": _text(text), "quiet": is_quiet}
        case Figure(value, text):
            return {"kind": "figure", "value": value, "text": _text(text)}
        case Facts(pairs):
            return {"kind": "facts", "pairs": [[name, _text(text)] for name, text in pairs]}
        case Bullets(items, start):
            return {"kind": "list", "items": [[_block(each) for each in item] for item in items], "start": start}
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "heads": [_text(cell) for cell in block.heads],
                "rows": [[_text(cell) for cell in row] for row in block.rows],
                "numeric": sorted(block.numeric),
                "widths": _widths(block),
            }
        case Code(text):
            return {"kind": "code", "text": text}
        case Quote(blocks):
            return {"kind": "quote", "blocks": [_block(each) for each in blocks]}
        case Picture(svg, alt):
            return {"kind": "picture", "svg": coloured(svg), "alt": alt}


def _widths(table: Table) -> list[int]:
    """For each column its share of the width; 0 for one that is as wide as it needs to be."""
    columns: list[Sequence[Text]] = [[head, *cells] for head, *cells in zip(table.heads, *table.rows, strict=False)]
    longest = [max(len(plain(cell)) for cell in column) for column in columns]
    if max(longest, default=0) <= _NARROW:
        return [0 for _ in longest]
    # As the square root, so that one long text leaves the others room to be read.
    return [0 if most <= _NARROW else round(most**0.5 * 10) for most in longest]


def _text(text: Text) -> list[dict[str, Any]]:
    return [{"kind": "break"} if run == BREAK else _run(run) for run in text]


def _run(run: Run) -> dict[str, Any]:
    text = run.text if run.is_code else together(run.text)
    return {
        "kind": "run",
        "text": " ".join(_breakable(word) for word in text.split(" ")),
        "strong": run.is_strong,
        "emphasised": run.is_emphasised,
        "code": run.is_code,
        "href": run.href,
    }


def _breakable(word: str) -> str:
    if len(word) <= _LONG_WORD:
        return word
    return "".join(f"{sign}{_HERE}" if sign in _BREAKABLE else sign for sign in word)
