"""What people type as Markdown, taken apart. HTML in it stays text, and only web and mail addresses become links."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from scoring.publishing.document import (
    BREAK,
    Block,
    Blocks,
    Bullets,
    Code,
    Heading,
    Paragraph,
    Quote,
    Run,
    Table,
    Text,
    plain,
)

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}*_]")
_LINKED = ("http://", "https://", "mailto:")
_DEEPEST = 6


def blocks_of(text: str, under: int = 1) -> Blocks:
    """The blocks of a Markdown text; its headings stand below a heading of the level `under`. Line breaks are kept."""
    return tuple(_blocks(SyntaxTreeNode(_parser().parse(text)).children, under))


def runs_of(text: str) -> Text:
    """Plain text with the addresses in it as links."""
    return tuple(_linked(Run(text)))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")


def _blocks(nodes: Sequence[SyntaxTreeNode], under: int) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "heading" | "paragraph":
                yield from _line(node, under)
            case "bullet_list":
                yield Bullets(_items(node, under))
            case "ordered_list":
                yield Bullets(_items(node, under), int(node.attrs.get("start", 1)))
            case "blockquote":
                yield Quote(tuple(_blocks(node.children, under)))
            case "fence" | "code_block":
                yield Code(node.content.rstrip("\n"))
            case "table":
                yield _table(node)


def _line(node: SyntaxTreeNode, under: int) -> Iterator[Block]:
    """A heading or paragraph, unless nothing is left of it, as of a link without a text."""
    text = _inline(node)
    if plain(text).strip():
        is_heading = node.type == "heading"
        yield Heading(min(_DEEPEST, under + int(node.tag[1:])), text) if is_heading else Paragraph(text)


def _items(node: SyntaxTreeNode, under: int) -> tuple[Blocks, ...]:
    return tuple(tuple(_blocks(item.children, under)) for item in node.children)


def _table(node: SyntaxTreeNode) -> Table:
    rows = [[_inline(cell) for cell in row.children] for part in node.children for row in part.children]
    heads = node.children[0].children[0].children
    to_the_right = (n for n, cell in enumerate(heads) if "right" in str(cell.attrs.get("style", "")))
    return Table(tuple(rows[0]), tuple(map(tuple, rows[1:])), numeric=frozenset(to_the_right))


def _inline(node: SyntaxTreeNode) -> Text:
    found = [run for inline in node.children for each in inline.children for run in _runs(each, Run(""))]
    return tuple(_joined(found))


def _runs(node: SyntaxTreeNode, manner: Run) -> Iterator[Run]:
    match node.type:
        case "softbreak" | "hardbreak":
            yield BREAK
        case "code_inline":
            yield replace(manner, text=node.content, is_code=True)
        case "text" | "html_inline":
            yield from _linked(replace(manner, text=node.content))
        case "image":
            yield replace(manner, text=node.content)
        case _:
            for child in node.children:
                yield from _runs(child, _within(node, manner))


def _within(node: SyntaxTreeNode, manner: Run) -> Run:
    match node.type:
        case "strong":
            return replace(manner, is_strong=True)
        case "em":
            return replace(manner, is_emphasised=True)
        case "link":
            address = str(node.attrs.get("href", ""))
            return replace(manner, href=address if address.startswith(_LINKED) else "")
        case _:
            return manner


def _linked(run: Run) -> Iterator[Run]:
    if run.href or run.is_code:
        yield run
        return
    done = 0
    for found in _ADDRESS.finditer(run.text):
        if found.start() > done:
            yield replace(run, text=run.text[done : found.start()])
        yield replace(run, text=found.group(), href=found.group())
        done = found.end()
    if done < len(run.text):
        yield replace(run, text=run.text[done:])


def _joined(runs: Sequence[Run]) -> Iterator[Run]:
    """Runs of one manner that follow each other as one, without those that are empty."""
    last: Run | None = None
    for run in runs:
        if not run.text:
            continue
        if last is not None and BREAK not in (last, run) and replace(last, text="") == replace(run, text=""):
            last = replace(last, text=last.text + run.text)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last
