"""Markdown: what people type is read safely, and what is written is read as it was."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from scoring.publishing.document import (
    BREAK,
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
    words,
)
from scoring.publishing.markdown import escaped, write_blocks
from scoring.publishing.reading import blocks_of

TYPED = """# What
It **broke** at 10:05, see `kubectl get pods` and https://example.org/x.
Twice.

- one
  - deeper
- two

3. third

> they said

| a | b |
|---|--:|
| x | 1 \\| 2 |

```
kept  as is
```
<b>no</b> [a](javascript:alert(1)) [b](https://example.org/) ![picture](https://example.org/p.png)
"""


def test_what_people_type_is_taken_apart() -> None:
    heading, paragraph, bullets, numbered, quote, table, code, last = blocks_of(TYPED, under=2)
    assert heading == Heading(3, words("What"))
    assert isinstance(paragraph, Paragraph)
    assert paragraph.text == (
        Run("It "),
        Run("broke", is_strong=True),
        Run(" at 10:05, see "),
        Run("kubectl get pods", is_code=True),
        Run(" and "),
        Run("https://example.org/x", href="https://example.org/x"),
        Run("."),
        BREAK,
        Run("Twice."),
    )
    assert isinstance(bullets, Bullets)
    assert bullets.items[0][1] == Bullets(((Paragraph(words("deeper")),),))
    assert numbered == Bullets(((Paragraph(words("third")),),), start=3)
    assert quote == Quote((Paragraph(words("they said")),))
    assert table == Table((words("a"), words("b")), ((words("x"), words("1 | 2")),), numeric=frozenset({1}))
    assert code == Code("kept  as is")
    assert isinstance(last, Paragraph)
    assert plain(last.text) == "<b>no</b> [a](javascript:alert(1)) b picture"
    assert [run.href for run in last.text if run.href] == ["https://example.org/"]


@pytest.mark.parametrize(
    "text", ["snake_case and 2 * 3", "see [1] for a < b", "0.5 % | 3", "a - b", "C:\\temp", "100 #1"]
)
def test_what_reads_well_is_not_escaped_without_need(text: str) -> None:
    assert escaped(text).count("\\") <= text.count("\\") + text.count(" * ")
    [block] = blocks_of(escaped(text))
    assert isinstance(block, Paragraph)
    assert plain(block.text) == text


SIGNS = "ab1 .-+#>*_`~[]()<>|!&;:\\/=\"'é"
ONE_LINE = some.text(SIGNS, min_size=1, max_size=30).map(lambda text: " ".join(text.split())).filter(bool)
RUNS = some.builds(Run, ONE_LINE, some.booleans(), some.booleans())
CODES = some.builds(Run, ONE_LINE, is_code=some.just(True))
LINES = some.lists(ONE_LINE, min_size=1, max_size=3).map(lambda lines: words("\n".join(lines)))


def simple(blocks: Blocks) -> Any:
    """Blocks by their texts, whatever their manners, with single blanks."""
    found: list[Any] = []
    for block in blocks:
        match block:
            case Paragraph(text) | Heading(_, text):
                found.append(one_space(text))
            case Bullets(items, start):
                found.append([start, *(simple(item) for item in items)])
            case Table(heads, rows):
                found.append([[one_space(cell) for cell in row] for row in (heads, *rows)])
            case Code(text):
                found.append(text)
            case Quote(inner):
                found.append(["quote", *simple(inner)])
    return found


def one_space(text: Text) -> str:
    return re.sub(r"\s+", " ", plain(text)).strip()


LEAVES = some.one_of(LINES.map(Paragraph), some.builds(Heading, some.integers(1, 5), ONE_LINE.map(words)))
ROWS = some.integers(1, 3).flatmap(
    lambda n: some.lists(some.tuples(*[ONE_LINE.map(words)] * n), min_size=1, max_size=3).map(
        lambda rows: Table(rows[0], tuple(rows[1:]))
    )
)
BLOCKS = some.recursive(
    some.one_of(LEAVES, ROWS, ONE_LINE.map(Code)),
    lambda inner: some.one_of(
        some.builds(
            Bullets,
            some.lists(some.tuples(LINES.map(Paragraph), inner), min_size=1, max_size=3).map(tuple),
            some.one_of(some.none(), some.integers(1, 99)),
        ),
        some.lists(inner, min_size=1, max_size=2).map(tuple).map(Quote),
    ),
    max_leaves=4,
)


@given(some.lists(BLOCKS, min_size=1, max_size=3).map(tuple))
@settings(max_examples=300)
@example((Bullets(((Paragraph(words("a")),),)), Bullets(((Paragraph(words("b")),),))))
@example((Table((words("`|"),), ((words("|`"),),)),))
@example((Paragraph(words("- a\n1. b\n# c\n> d\n---\n===\n+ e")),))
@example((Paragraph(words("1|\n:-\n| - |\na")),))
@example((Heading(1, words("#")), Heading(2, words("a #")), Heading(3, words("\\#"))))
def test_what_is_written_is_read_as_it_was(blocks: Blocks) -> None:
    assert simple(blocks_of(write_blocks(blocks), under=0)) == simple(blocks)


@given(some.lists(some.one_of(RUNS, CODES), min_size=1, max_size=4).map(tuple))
@settings(max_examples=300)
def test_no_manner_of_a_text_changes_what_it_says(text: Text) -> None:
    spaced = tuple(run for each in text for run in (each, Run(" ")))
    written = write_blocks((Paragraph(spaced),))
    assert simple(blocks_of(written)) == simple((Paragraph(spaced),))


@given(some.text(max_size=200))
def test_anything_that_is_typed_can_be_read_and_written(text: str) -> None:
    first = blocks_of(text)
    assert simple(blocks_of(write_blocks(first), under=0)) == simple(first)
