"""A runbook as HTML: no HTML of its own, no pictures, links that are safe, and blocks that a button copies."""

import posixpath
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from functools import cache
from itertools import count
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

_OUTSIDE = ("http://", "https://", "mailto:")
_OUTWARD = {"target": "_blank", "rel": "noreferrer noopener"}


def as_html(text: str, address: str, paths: Mapping[str, str]) -> Markup:
    """A runbook's text below a heading that tells its title, as the first one in it does.

    `paths` are the pages of the drill's runbooks by address: a relative link to one of them leads to its page, and any
    other link that is none of the web's is text.
    """
    parser = _parser()
    tokens = list(_below_title(parser.parse(text)))
    for token in tokens:
        _lead(token.children or [], posixpath.dirname(address), paths)
    env: MutableMapping[str, Any] = {"blocks": count(1)}
    return Markup(parser.renderer.render(tokens, parser.options, env))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    for kind, rule in (("fence", _block), ("code_block", _block), ("table_open", _table), ("table_close", _table_end)):
        parser.add_render_rule(kind, rule)
    return parser


def _below_title(tokens: Sequence[Token]) -> Iterator[Token]:
    """Without the heading that is the title; another of the first level is one of the second."""
    title = next((at for at, token in enumerate(tokens) if token.tag == "h1"), None)
    for at, token in enumerate(tokens):
        if title is not None and title <= at < title + 3:
            continue
        if token.tag == "h1":
            token.tag = "h2"
        yield token


def _lead(line: Sequence[Token], folder: str, paths: Mapping[str, str]) -> None:
    """Links cannot hold links: what closes next belongs to what was opened last."""
    leads = True
    for token in line:
        if token.type == "link_open":
            leads = _led(token, folder, paths)
        if token.type.startswith("link_") and not leads:
            token.tag, token.attrs = "span", {}


def _led(token: Token, folder: str, paths: Mapping[str, str]) -> bool:
    address = str(token.attrs["href"])
    if address.lower().startswith(_OUTSIDE):
        token.attrs |= _OUTWARD
        return True
    page = paths.get(posixpath.normpath(posixpath.join(folder, address.partition("#")[0])))
    if page is not None:
        token.attrs["href"] = page
    return page is not None


def _block(_: Any, tokens: Sequence[Token], at: int, __: Any, env: Any) -> str:
    """A block with its language above it, and room there for the button, so that nothing moves when script comes."""
    words = tokens[at].info.split()
    number = next(env["blocks"])
    return (
        f'<div class="block"><p class="quiet"><span>{escapeHtml(words[0] if words else "")}</span> '
        f'<button type="button" data-copy="block-{number}" hidden>Copy</button></p>'
        f'<pre id="block-{number}"><code>{escapeHtml(tokens[at].content)}</code></pre></div>\n'
    )


def _table(*_: Any) -> str:
    return '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_end(*_: Any) -> str:
    return "</table></div>\n"
