"""What is written about playbooks for people and editors: the table, the page, the draft and the schema."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from markdown_it import MarkdownIt

import scoring.playbook.draft
from scoring.errors import PlaybookError
from scoring.playbook import Playbook
from scoring.playbook.draft import SCHEMA_FILE, draft, playbook_schema, schema_text
from scoring.playbook.figure import Number
from scoring.playbook.file import load_playbook, parse_playbook, playbook_names, playbook_text
from scoring.playbook.table import describe, table
from scoring.playbook.words import say

BOOKS = [load_playbook(name) for name in playbook_names()]
VALIDATOR = jsonschema.Draft202012Validator(playbook_schema())


def _cells(markdown: str) -> list[list[str]]:
    """The cells of every table row, as a reader of the rendered page sees them."""
    rows: list[list[str]] = []
    is_row = False
    for token in MarkdownIt().enable("table").parse(markdown):
        if token.type in {"tr_open", "tr_close"}:
            is_row = token.type == "tr_open"
            rows += [[]] if is_row else []
        elif is_row and token.type == "inline":
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows


def test_the_table_has_every_figure_with_its_value_and_origin() -> None:
    rows = {tuple(row) for row in _cells(table(BOOKS))}
    for book in BOOKS:
        for path, figure in book.figures():
            assert (path, say(figure), figure.source or "", figure.derived or "") in rows
    assert (
        "levels[P1].sla.mitigate",
        "2h",
        "causal-eval-bench § When to Escalate",
        "the automatic escalation limit",
    ) in rows
    assert ("SEV-2", "30m", "30m", "30m", "15m", "1h", "4h", "30m", "30m", "page, chat") in rows


@pytest.mark.parametrize("book", BOOKS, ids=playbook_names())
def test_the_page_tells_what_a_responder_needs(book: Playbook) -> None:
    page = describe(book)
    for level in book.levels:
        assert f"## {level.id}: {level.title}" in page
    for rule in book.escalations:
        assert any(row[1] == ", ".join(rule.to) for row in _cells(page) if len(row) == 4)
    for deadline in book.review.deadlines:
        assert any(row[0] == deadline.title for row in _cells(page))


def test_figures_are_said_as_a_person_says_them() -> None:
    lab, dev = (load_playbook(name) for name in ("llm-research-lab", "autonomous-dev-system"))
    assert [say(criterion) for criterion in dev.level("P1").criteria] == [
        "share of requests that fail above 10 %",
        "p95 as a multiple of the baseline's above 5 ×",
        "share of users who meet a failure above 50 %",
    ]
    assert say(lab.level("SEV-2").criteria[1]) == "p95 above 4000 ms"
    assert say(lab.escalations[0]) == "engineering-manager by phone when SEV-1 or graver is not mitigated after 15m"
    assert say(lab.escalations[2]) == "security, legal by phone or email for credential-leak"
    assert say(dev.escalations[0]) == "team-lead by page at once, for P0 or graver"
    assert say(dev.escalations[2]).endswith("on request")
    assert say(lab.verification.error_share_above) == "5 %"
    assert say(Number(value=12_000, derived="told")) == "12000"


def test_what_markdown_would_eat_stays_text() -> None:
    text = playbook_text("llm-research-lab").replace("title: Critical", "title: a | b <i> *c* `d`\\", 1)
    page = describe(parse_playbook(text, "own.yaml"))
    heading = next(token for token in MarkdownIt().parse(page) if token.content.startswith("SEV-1"))
    assert heading.children is not None
    assert "".join(child.content for child in heading.children) == "SEV-1: a | b <i> *c* `d`\\"


@pytest.mark.parametrize("title", ["Our Process", 'Wir: "Ärger" #1 \\ 😀', "NAME", "a\nb"])
def test_a_draft_is_a_playbook_that_its_schema_knows(title: str) -> None:
    text = draft("our-process", title)
    book = parse_playbook(text, "draft")
    assert (book.name, book.title, book.document) == ("our-process", title, "our-process")
    VALIDATOR.validate(yaml.safe_load(text))
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert all(figure.source is None or "our-process § " in figure.source for _, figure in book.figures())


def test_a_draft_shows_every_field_of_a_playbook() -> None:
    text = draft("our-process")
    assert 'title: "Our process"' in text
    for part in (playbook_schema(), *playbook_schema()["$defs"].values()):
        assert [field for field in part["properties"] if not re.search(rf"\b{field}\b", text)] == []


@pytest.mark.parametrize("name", ["", "a b", "../up", "a/b", "a:b", "null", "1", "é", "x" * 200, "a\n"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(PlaybookError):
        draft(name, "T")


def test_an_empty_title_is_refused() -> None:
    with pytest.raises(PlaybookError, match="title"):
        draft("ours", "")


def test_the_schema_that_ships_is_the_models() -> None:
    shipped = Path(scoring.playbook.draft.__file__).parents[1] / "playbooks" / SCHEMA_FILE
    assert shipped.read_text(encoding="utf-8") == schema_text(), "write it anew: python -m scoring.playbook.draft"


def test_the_schema_knows_the_playbooks_that_ship() -> None:
    jsonschema.Draft202012Validator.check_schema(playbook_schema())
    for name in playbook_names():
        text = playbook_text(name)
        VALIDATOR.validate(yaml.safe_load(text))
        assert text.splitlines()[0] == f"# yaml-language-server: $schema={SCHEMA_FILE}"


def test_the_schema_refuses_an_unknown_field_in_every_place() -> None:
    value = yaml.safe_load(playbook_text("llm-research-lab"))
    places = list(_mappings(value))
    assert len(places) > 80
    for place in places[::5]:
        place["levles"] = 1
        assert not VALIDATOR.is_valid(value)
        del place["levles"]
    assert VALIDATOR.is_valid(value)


def test_the_schema_explains_every_field() -> None:
    schema = playbook_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["description"]
        for field, told in part["properties"].items():
            assert told["description"], field
            assert "null" not in str(told), field


def _mappings(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _mappings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mappings(item)
