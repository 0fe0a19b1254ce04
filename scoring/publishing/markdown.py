"""A document as Markdown: CommonMark with tables. What is text stays text when it is read again."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from scoring.publishing.document import (
    BREAK,
    Block,
    Blocks,
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
    words,
)

_SIGNS = re.compile(
    r"[`*~]"
    r"|\\(?=[!-/:-@\[-`{-~]|$)"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|<(?=[A-Za-z/!?]|$)"
    r"|\[(?![^\]]*\](?![(\[:]|$))"
    r"|&(?=#?\w*(?:;|$))"
)
"""What would be markup where it stands; the rest reads better as it is."""
_AT_LINE_START = re.compile(r"^(?:(#{1,6}|[+-])(?=\s|$)|(>|=+\s*$|(?=[^-]*-)[-:|][-:|\s]*$)|(\d{1,9})([.)])(?=\s|$))")
_CLOSING = re.compile(r"(?<!\S)#+\s*$")
"""At the end of a heading that is no text."""
_BRACKETS = re.compile(r"(?<!\\)[\[\]]")
_MARKED_OFF = r"\\\g<0>"
_BAR = "\\|"
"""In a table a bar ends the cell, even in code."""
_TICKS = re.compile(r"`+")


def render_markdown(document: Document) -> str:
    """The whole document, ending in a newline."""
    head: list[Block] = [Heading(1, words(document.title))]
    if document.subtitle:
        head.append(Paragraph(words(document.subtitle)))
    foot: Blocks = (Paragraph(words(document.footer, quiet=True)),) if document.footer else ()
    return write_blocks((*head, *document.blocks, *foot)) + "\n"


def write_blocks(blocks: Blocks) -> str:
    """Blocks as Markdown, an empty line between each two."""
    written: list[str] = []
    others = 0
    for block, before in zip(blocks, (None, *blocks), strict=False):
        others = others + 1 if isinstance(block, Bullets) and isinstance(before, Bullets) else 0
        written.append("\n".join(_lines(block, is_other=others % 2 == 1)))
    return "\n\n".join(written)


def escaped(text: str) -> str:
    """One line of plain text that Markdown reads as such."""
    return _AT_LINE_START.sub(_unmarked, _SIGNS.sub(_MARKED_OFF, text))


def _unmarked(found: re.Match[str]) -> str:
    sign, other, number, end = found.groups()
    return f"{number}\\{end}" if number else f"\\{sign or other}"


def _lines(block: Block, *, is_other: bool = False) -> Iterator[str]:
    """A block; `is_other` for a list right after another, which only its sign tells from that one."""
    match block:
        case Heading(level, text):
            yield f"{'#' * level} {_CLOSING.sub(_MARKED_OFF, _text(text, ' '))}"
        case Paragraph(text, is_quiet):
            yield _text(tuple(Run(r.text, is_emphasised=True) if is_quiet and r != BREAK else r for r in text))
        case Figure(value, text):
            yield f"**{escaped(value)}** {_text(text)}"
        case Facts(pairs):
            yield from (f"- **{escaped(name)}**: {_text(text, ' ')}" for name, text in pairs)
        case Bullets(items, start):
            bullet, point = ("*", ")") if is_other else ("-", ".")
            for number, item in enumerate(items):
                yield from _item(f"{start + number}{point} " if start is not None else f"{bullet} ", item)
        case Table():
            yield from _table(block)
        case Code(text):
            fence = "`" * max(3, _longest(text) + 1)
            yield from (fence, *text.split("\n"), fence)
        case Quote(blocks):
            yield from (f"> {line}".rstrip() for line in write_blocks(blocks).split("\n"))
        case Picture(alt=alt):
            yield f"*{escaped(alt)}*"


def _item(sign: str, blocks: Blocks) -> Iterator[str]:
    text = _tight(blocks) if _is_line_with_list(blocks) else write_blocks(blocks)
    first, *rest = text.split("\n")
    yield f"{sign}{first}".rstrip()
    yield from (f"{' ' * len(sign)}{line}".rstrip() for line in rest)


def _is_line_with_list(blocks: Blocks) -> bool:
    """Whether it needs no empty line: only a list that is not numbered, or from 1 on, may follow a line at once."""
    return len(blocks) == 2 and isinstance(blocks[1], Bullets) and blocks[1].start in (None, 1)


def _tight(blocks: Blocks) -> str:
    """A line with a list below it, as people write it."""
    return "\n".join("\n".join(_lines(block)) for block in blocks)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield f"{escaped(table.caption)}:"
        yield ""
    yield _row(table.heads)
    yield f"|{'|'.join('---:' if n in table.numeric else '---' for n in range(len(table.heads)))}|"
    yield from map(_row, table.rows)


def _row(cells: Sequence[Text]) -> str:
    return f"| {' | '.join(_text(cell, ' ').replace('|', _BAR) for cell in cells)} |"


def _text(text: Text, line_break: str = "\n") -> str:
    """Runs as one text; each line of it begins anew."""
    lines = [list(group) for is_break, group in groupby(text, lambda run: run == BREAK) if not is_break]
    return line_break.join("".join(_run(run, is_first=not n) for n, run in enumerate(line)) for line in lines)


def _run(run: Run, *, is_first: bool) -> str:
    if run.is_code:
        written = _code(run.text)
    else:
        written = escaped(run.text.lstrip()) if is_first else _SIGNS.sub(_MARKED_OFF, run.text)
    if run.href:
        is_bare = run.href == run.text and not run.is_code
        written = f"<{run.href}>" if is_bare else f"[{_BRACKETS.sub(_MARKED_OFF, written)}](<{_address(run.href)}>)"
    # Blanks stay outside: `** a**` would be no emphasis.
    body = written.strip()
    if not body or not (run.is_strong or run.is_emphasised):
        return written
    sign = "*" * (2 * run.is_strong + run.is_emphasised)
    before, after = written[: len(written) - len(written.lstrip())], written[len(written.rstrip()) :]
    return f"{before}{sign}{body}{sign}{after}"


def _address(href: str) -> str:
    return href.replace("<", "%3C").replace(">", "%3E")


def _code(text: str) -> str:
    ticks = "`" * (_longest(text) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _longest(text: str) -> int:
    return max((len(found) for found in _TICKS.findall(text)), default=0)
