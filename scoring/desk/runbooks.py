"""Runbooks that lie beside a drill's alerts: Markdown texts, each under the address by which alerts name it."""

from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from pydantic import Field

from scoring.timeline import Record

MOST_RUNBOOKS = 500
LONGEST_ADDRESS = 1_000
LONGEST_RUNBOOK = 100_000
MOST_TEXT = 4_000_000
"""Characters of all runbooks of a drill together."""
_LONGEST_TITLE = 200


class Runbook(Record):
    """A runbook: `address` is the `runbook_url` of the alerts that lead to it, `text` is Markdown."""

    address: str = Field(min_length=1, max_length=LONGEST_ADDRESS, examples=["runbooks/disk-full.md"])
    text: str = Field(max_length=LONGEST_RUNBOOK, examples=["# The disk is full\n\n## Mitigate\n"])

    @property
    def title(self) -> str:
        """Its first heading of the first level; without one its address."""
        pairs = pairwise(_blocks().parse(self.text))
        heads = (head.content for opening, head in pairs if (opening.type, opening.tag) == ("heading_open", "h1"))
        return _plain(next(heads, ""))[:_LONGEST_TITLE] or self.address


def _plain(text: str) -> str:
    """What a line of Markdown says, without its marks."""
    [inline] = _lines().parseInline(text)
    told = (" " if each.type in ("softbreak", "hardbreak") else each.content for each in inline.children or ())
    return " ".join("".join(told).split())


@cache
def _blocks() -> MarkdownIt:
    return MarkdownIt("commonmark").disable("inline")


@cache
def _lines() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
