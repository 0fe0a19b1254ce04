"""One document, three files: what it says is in each, what somebody typed is nothing but text, nothing is loaded."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pypdfium2
import pytest

from scoring.publishing.document import (
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
    Table,
    words,
)
from scoring.publishing.html import render_html
from scoring.publishing.markdown import render_markdown
from scoring.publishing.palette import ink
from scoring.publishing.pdf import render_pdf
from scoring.publishing.reading import blocks_of, runs_of

NASTY = "<script>alert(1)</script> | `x` #panic() \\u{41} *so* [a](javascript:b) $x$ @me"
DRAWING = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="{ink("held")}"/></svg>'
)


def document(*blocks: object, title: str = "A review") -> Document:
    told: Blocks = blocks  # type: ignore[assignment]
    return Document(title, told, "Filed.", "Drill one", datetime(2026, 1, 5, 10, 30, 15, 123, tzinfo=UTC))


FULL = document(
    Heading(2, words("Köln, Łódź, Ωμέγα, Москва")),
    Paragraph(words("It went\nwell")),
    Paragraph(words("beside"), is_quiet=True),
    Figure("96.4", words("of 100")),
    Facts((("Team", words("Blue")), ("People", words("Ada, Bob")), ("Odd", ()))),
    Bullets(((Paragraph(words("one")),), (Paragraph(words("two")), Bullets(((Paragraph(words("deeper")),),))))),
    Bullets(((Paragraph(words("third")),),), start=3),
    Table((words("To"), words("Took")), ((words("detect"), words("4 min 10 s")),), "Times", frozenset({1})),
    Code("SELECT 1;\n  -- `kept`"),
    Quote((Paragraph(words("said somebody")),)),
    Picture(DRAWING, "A square."),
    Paragraph(runs_of("see https://example.org/a_b?c=d, please")),
)
SAID = (
    "A review",
    "Filed.",
    "Köln, Łódź, Ωμέγα, Москва",
    "well",
    "beside",
    "96.4",
    "of 100",
    "Team",
    "Blue",
    "two",
    "deeper",
    "third",
    "Times",
    "detect",
    "SELECT 1;",
    "`kept`",
    "said somebody",
    "A square.",
    "Drill one",
)


class Page(HTMLParser):
    """Its text, its elements, and the addresses that it leads to or loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.elements, self.loads, self.links = "", list[str](), list[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        told = dict(attrs)
        self.loads += [value or "" for name, value in told.items() if name in ("src", "srcset", "data", "action")]
        if href := told.get("href"):
            (self.links if tag == "a" else self.loads).append(href)
        assert not any(name.startswith("on") for name in told)

    def handle_data(self, data: str) -> None:
        self.text += data


def pdf_text(content: bytes) -> str:
    opened = pypdfium2.PdfDocument(content)
    text = "\n".join(page.get_textpage().get_text_range() for page in opened)
    opened.close()
    return text.replace("\r\n", "\n").replace("\u200b", "").replace("\u00a0", " ")


@pytest.mark.parametrize("part", SAID)
def test_every_file_says_it(part: str) -> None:
    assert part in Page(render_html(FULL)).text
    assert part in render_markdown(FULL)
    assert part in pdf_text(render_pdf(FULL))


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    assert "4\u00a0min 10\u00a0s" in Page(render_html(FULL)).text
    assert "4 min 10 s" in render_markdown(FULL)


def test_a_page_loads_nothing_and_leads_where_it_says() -> None:
    page = Page(render_html(FULL))
    assert page.loads == []
    assert page.links == ["https://example.org/a_b?c=d"]
    assert "script" not in page.elements
    assert "url(" not in render_html(FULL)
    assert {"figure", "svg", "figcaption", "dl", "table", "caption", "ol", "pre", "blockquote"} <= set(page.elements)
    assert "@media print" in render_html(FULL)
    assert "prefers-color-scheme: dark" in render_html(FULL)


def test_a_pdf_has_its_title_bookmarks_links_and_numbered_pages() -> None:
    long = document(
        *(block for n in range(60) for block in (Heading(2, words(f"Part {n}")), Paragraph(words("so " * 90))))
    )
    opened = pypdfium2.PdfDocument(render_pdf(long))
    assert opened.get_metadata_dict()["Title"] == "A review"
    assert "D:20260105103015" in opened.get_metadata_dict()["CreationDate"]
    assert [(each.level, each.get_title()) for each in opened.get_toc()][:2] == [(0, "A review"), (1, "Part 0")]
    last = opened[len(opened) - 1].get_textpage().get_text_range()
    assert f"{len(opened)} / {len(opened)}" in last
    assert len(opened) > 3
    opened.close()


def test_a_table_has_its_head_on_every_page_and_long_words_stay_on_the_paper() -> None:
    rows = tuple((words(f"row {n}"), words("service/" + "a-very_long-name." * 12)) for n in range(60))
    content = render_pdf(document(Table((words("Which"), words("The head")), rows)))
    opened = pypdfium2.PdfDocument(content)
    assert len(opened) > 1
    for page in opened:
        text = page.get_textpage()
        assert "The head" in text.get_text_range()
        width = page.get_width()
        rights = [text.get_charbox(n)[2] for n in range(text.count_chars())]
        assert max(rights) < width, "a word runs off the page"
    opened.close()


def test_what_somebody_typed_is_text_in_every_file() -> None:
    told = document(
        Paragraph(words(NASTY)),
        Table((words(NASTY),), ((words(NASTY),),), NASTY),
        Code(NASTY),
        Figure(NASTY, words(NASTY)),
        Facts(((NASTY, words(NASTY)),)),
        *blocks_of(NASTY),
        title=NASTY,
    )
    page = Page(render_html(told))
    assert "script" not in page.elements
    assert page.text.count("<script>alert(1)</script> | ") >= 7
    assert [link for link in page.links if "javascript" in link] == []
    text = re.sub(r"\s+", " ", pdf_text(render_pdf(told)))
    assert text.count("#panic()") >= 7
    assert "\\u{41}" in text
    again = Page(render_html(document(*blocks_of(render_markdown(told)))))
    assert "script" not in again.elements
    assert again.text.count("<script>alert(1)</script>") >= 7
