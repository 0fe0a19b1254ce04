"""A document as one HTML file: its style and drawings within, nothing from elsewhere, made to be printed too."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

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
    together,
)
from scoring.publishing.palette import css

_PAGE = Markup(
    """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
<header><h1>{title}</h1>{subtitle}</header>
{body}
</main>
{footer}
</body>
</html>
"""
)
_DEEPEST = 6


def render_html(document: Document) -> str:
    """The whole file."""
    subtitle = Markup('<p class="quiet">{}</p>').format(document.subtitle) if document.subtitle else ""
    footer = Markup("<footer>{}</footer>").format(document.footer) if document.footer else ""
    page = _PAGE.format(
        language=document.language,
        title=document.title,
        style=_style(),
        subtitle=subtitle,
        body=write_blocks(document.blocks),
        footer=footer,
    )
    return str(page)


def write_blocks(blocks: Blocks) -> Markup:
    """Blocks as HTML."""
    return Markup("\n").join(_block(block) for block in blocks)


@cache
def _style() -> Markup:
    own = files("scoring.publishing").joinpath("document.css").read_text(encoding="utf-8")
    return Markup(css() + own)


def _block(block: Block) -> Markup:
    match block:
        case Heading(level, text):
            return Markup("<h{0}>{1}</h{0}>").format(min(level, _DEEPEST), _text(text))
        case Paragraph(text, is_quiet):
            kind = Markup(' class="quiet"') if is_quiet else ""
            return Markup("<p{}>{}</p>").format(kind, _text(text))
        case Figure(value, text):
            return Markup('<p class="figure"><strong>{}</strong> {}</p>').format(value, _text(text))
        case Facts(pairs):
            rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, _text(text)) for name, text in pairs)
            return Markup("<dl>{}</dl>").format(Markup("\n").join(rows))
        case Bullets(items, start):
            return _list(items, start)
        case Table():
            return _table(block)
        case Code(text):
            return Markup("<pre><code>{}</code></pre>").format(text)
        case Quote(blocks):
            return Markup("<blockquote>{}</blockquote>").format(write_blocks(blocks))
        case Picture(svg, alt):
            caption = Markup("<figcaption>{}</figcaption>").format(alt)
            return Markup("<figure>{}{}</figure>").format(Markup(svg), caption)  # drawn by us, texts escaped there


def _list(items: tuple[Blocks, ...], start: int | None) -> Markup:
    rows = Markup("\n").join(Markup("<li>{}</li>").format(_item(item)) for item in items)
    if start is None:
        return Markup("<ul>{}</ul>").format(rows)
    first = Markup(' start="{}"').format(start) if start != 1 else ""
    return Markup("<ol{}>{}</ol>").format(first, rows)


def _item(blocks: Blocks) -> Markup:
    """A line that is all there is needs no paragraph of its own."""
    if blocks and isinstance(blocks[0], Paragraph):
        return _text(blocks[0].text) + write_blocks(blocks[1:])
    return write_blocks(blocks)


def _table(table: Table) -> Markup:
    frame = '<div class="scroll" tabindex="0" role="group" aria-label="{}">{}</div>'  # it scrolls by keyboard, too
    whole = Markup("<table>{}<thead>{}</thead><tbody>{}</tbody></table>").format(
        Markup("<caption>{}</caption>").format(table.caption) if table.caption else "",
        _row(table, table.heads, "th"),
        Markup("\n").join(_row(table, row, "td") for row in table.rows),
    )
    return Markup(frame).format(table.caption or "Table", whole)


def _row(table: Table, cells: tuple[Text, ...], tag: str) -> Markup:
    return Markup("<tr>{}</tr>").format(Markup("").join(_cells(table, cells, tag)))


def _cells(table: Table, cells: tuple[Text, ...], tag: str) -> Iterator[Markup]:
    scope = Markup(' scope="col"') if tag == "th" else ""
    for number, cell in enumerate(cells):
        kind = Markup(' class="number"') if number in table.numeric else ""
        yield Markup("<{0}{1}{2}>{3}</{0}>").format(tag, scope, kind, _text(cell))


def _text(text: Text) -> Markup:
    return Markup("").join(map(_run, text))


def _run(run: Run) -> Markup:
    if run == BREAK:
        return Markup("<br>")
    written = escape(run.text if run.is_code else together(run.text))
    for is_so, tag in ((run.is_code, "code"), (run.is_emphasised, "em"), (run.is_strong, "strong")):
        if is_so:
            written = Markup("<{0}>{1}</{0}>").format(tag, written)
    return Markup('<a href="{}">{}</a>').format(run.href, written) if run.href else written
