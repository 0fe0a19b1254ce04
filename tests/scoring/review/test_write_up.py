"""Scorecard and review as one document."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from scoring.playbook import Playbook
from scoring.publishing.document import Bullets, Document, Heading, Paragraph, Picture, Table, plain
from scoring.publishing.markdown import render_markdown
from scoring.review.draft import draft
from scoring.review.form import fields_of, filled_in
from scoring.review.write_up import Told, write_up
from scoring.scorecard import score
from scoring.timeline import Timeline

from .test_draft import HANDLED

Write = Callable[..., Document]


@pytest.fixture
def written(told: Callable[[Mapping[str, Any]], Timeline], playbook: Playbook) -> Write:
    def write(asked: Sequence[str] = (), fields: Mapping[str, list[str]] | None = None, **more: Any) -> Document:
        timeline = told({**HANDLED, **more})
        card = score(timeline, playbook)
        review = draft(timeline, playbook, card)
        review = filled_in(review, {**fields_of(review), **(fields or {})})
        return write_up(Told(timeline, playbook, card, review, "Filed by Ada.", asked))

    return write


def headings(document: Document) -> list[tuple[int, str]]:
    return [(block.level, plain(block.text)) for block in document.blocks if isinstance(block, Heading)]


def test_it_has_the_chart_the_scorecard_and_every_part(written: Write, playbook: Playbook) -> None:
    document = written()
    found = headings(document)
    assert found[:2] == [(2, "What users met"), (2, "Scorecard")]
    assert {"What was good", "What next", "What observers noted"} <= {title for level, title in found if level == 3}
    assert [title for level, title in found[2:] if level == 2] == [
        *("Timeline", "Detection", "Response", "Root cause", "Prevention"),
        "Action items",
    ]
    assert any(isinstance(block, Picture) for block in document.blocks)
    assert all(b - a <= 1 for (a, _), (b, _) in zip([(1, ""), *found], found, strict=False)), "no level is left out"


def test_it_says_what_happened_in_the_first_paragraph(written: Write) -> None:
    first = written().blocks[0]
    assert isinstance(first, Paragraph)
    assert plain(first.text).startswith("The drill told, SEV-1, began on 2026-01-05 at 10:00 UTC and lasted 1 h")
    assert "250 of 500 requests failed (50 %)" in plain(first.text)


def test_each_time_stands_against_its_limit(written: Write) -> None:
    [times] = [b for b in written().blocks if isinstance(b, Table) and b.caption == "Times, in drill time"]
    assert [plain(cell) for cell in times.rows[0][:4]] == ["detect", "2 min", "15 min", "met"]
    [points] = [b for b in written().blocks if isinstance(b, Table) and b.caption == "Points"]
    assert len(points.rows) == 8


def test_the_numbers_in_the_chart_are_told_below_it(written: Write) -> None:
    [key] = [b for b in written().blocks if isinstance(b, Table) and b.caption == "The numbers in the chart"]
    assert [plain(row[0]) for row in key.rows] == [str(n + 1) for n in range(len(key.rows))]
    assert "mitigated: users are served from here on" in {plain(row[3]) for row in key.rows}


def test_what_was_typed_is_markdown_and_what_was_not_is_said_to_be_missing(written: Write) -> None:
    text = render_markdown(written(fields={"part.prevention": ["# Now\n- **limits**"]}))
    assert "## Prevention\n\n### Now\n\n- **limits**" in text
    assert "## Prevention\n\n*Not written yet. What keeps it from happening again" in render_markdown(written())


def test_items_and_what_was_left_open_stand_at_the_end(written: Write) -> None:
    typed = {
        "item.0.text": ["Bound | the pool"],
        "item.0.priority": [""],
        "item.0.owner": ["Ada"],
        "item.0.due_on": ["2026-02-01"],
    }
    document = written(asked=["Test it (open since 2025-10-05)."], fields=typed)
    assert isinstance(document.blocks[-1], Bullets)
    table = next(b for b in reversed(document.blocks) if isinstance(b, Table))
    assert [plain(cell) for cell in table.rows[0]] == ["–", "Bound | the pool", "Ada", "2026-02-01"]
    assert r"Bound \| the pool" in render_markdown(document)


def test_without_load_it_says_so(written: Write) -> None:
    assert "No load was measured." in render_markdown(written(load={}))
