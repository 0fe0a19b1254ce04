"""The playbooks that ship ask what their documents ask, and say of every figure where it is from."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from scoring.playbook import DIMENSIONS, Level, Playbook
from scoring.playbook.consistency import STEPS
from scoring.playbook.figure import Time, parse_duration, write_duration
from scoring.playbook.file import load_playbook, playbook_names

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, dict[str, float | None]]] = yaml.safe_load((HERE / "expected.yaml").read_text())
SIGNS: list[tuple[str, dict[str, float], str | None]] = yaml.safe_load((HERE / "signs.yaml").read_text())
BOOKS = {name: load_playbook(name) for name in playbook_names()}
LEVELS = [(book, level) for book in BOOKS.values() for level in book.levels]
BY_RULE = {"mitigate": "4 × response time", "resolve": "8 × response time"}
each_book = pytest.mark.parametrize("book", BOOKS.values(), ids=list(BOOKS))
each_level = pytest.mark.parametrize(("book", "level"), LEVELS, ids=[f"{b.name}/{level.id}" for b, level in LEVELS])


def test_one_ships_for_each_document() -> None:
    assert list(BOOKS) == sorted(EXPECTED)
    assert all(book.name == book.document == name for name, book in BOOKS.items())


@each_book
def test_it_asks_what_was_worked_out_by_hand(book: Playbook) -> None:
    asked = {
        level["id"]: {"response": level["response"], **level["sla"], "update_every": level["update_every"]}
        for level in book.plain()["levels"]
    }
    expected = {
        name: {field: None if minutes is None else minutes * 60 for field, minutes in row.items()}
        for name, row in EXPECTED[book.name].items()
    }
    assert asked == expected
    assert list(asked) == list(expected), "gravest first"


@each_book
def test_every_figure_has_an_origin(book: Playbook) -> None:
    figures = list(book.figures())
    assert len(figures) > 70
    for path, figure in figures:
        assert figure.source or figure.derived, path
        if figure.source:
            assert figure.source.startswith(f"{book.document} § "), path


@each_level
def test_a_limit_follows_the_rule_that_it_names(book: Playbook, level: Level) -> None:
    response = level.response.value
    values = {
        "the level's response time": response,
        BY_RULE["mitigate"]: 4 * response,
        BY_RULE["resolve"]: 8 * response,
    }
    if level.update_every:
        values["one update interval of the level"] = level.update_every.value
    limits: dict[str, Time | None] = {step: getattr(level.sla, step) for step in STEPS}
    for step, limit in {**limits, "first_update": level.first_update}.items():
        assert limit is not None or level.update_every is None, step
        if limit is None or (limit.derived or "").split(";")[0] not in values:
            continue
        assert limit.value == values[(limit.derived or "").split(";")[0]], step


@each_level
def test_a_limit_without_a_source_is_by_the_rule_of_its_step(book: Playbook, level: Level) -> None:
    assert level.sla.detect.value == level.response.value
    assert (level.sla.detect.derived or "").startswith("the level's response time")
    for step in STEPS:
        limit = getattr(level.sla, step)
        if limit.source is None:
            assert limit.derived.startswith(BY_RULE.get(step, "the level's response time")), step


@each_level
def test_only_a_limit_of_the_document_or_of_its_rule_is_an_escalations(book: Playbook, level: Level) -> None:
    timed = [rule for rule in book.escalations if rule.when.level == level.id and rule.when.after]
    for rule in timed:
        step = "mitigate" if rule.when.until == "mitigated" else "resolve"
        assert getattr(level.sla, step).value == rule.when.after
        assert rule.grace.value == (rule.when.after or 0) / 3


@each_book
def test_what_is_taken_from_other_documents_is_theirs(book: Playbook) -> None:
    limits, lab, bench = (
        book.verification,
        BOOKS["llm-research-lab"].verification,
        BOOKS["causal-eval-bench"].verification,
    )
    if limits.window.derived:
        assert limits.window.value == lab.window.value == BOOKS["autonomous-dev-system"].verification.window.value
    if limits.error_share_above.source is None:
        assert limits.error_share_above.value == lab.error_share_above.value == bench.error_share_above.value
    assert limits.min_requests.value >= 1 / limits.error_share_above.value


@each_book
def test_a_graver_level_never_allows_more_time(book: Playbook) -> None:
    for graver, milder in pairwise(book.plain()["levels"]):
        assert all(graver["sla"][step] <= milder["sla"][step] for step in STEPS)
        assert graver["response"] <= milder["response"]


@pytest.mark.parametrize(("name", "measured", "expected"), SIGNS)
def test_the_signs_give_the_level(name: str, measured: dict[str, float], expected: str | None) -> None:
    book = BOOKS[name]
    shown = [
        level.id
        for level in book.levels
        if any(c.measure in measured and c.holds(measured[c.measure]) for c in level.criteria)
    ]
    assert next(iter(shown), None) == expected
    if expected is None:
        assert not book.verification.is_outside(measured.get("error_share", 0.0), measured.get("p95_ms"))


def test_slowness_is_also_measured_against_the_baseline() -> None:
    limits = BOOKS["autoformalize-math-lab"].verification
    assert limits.p95_limit_ms() == 12_000
    assert limits.p95_limit_ms(50.0) == 150.0
    assert limits.p95_limit_ms(60_000.0) == 12_000
    assert limits.is_outside(0.0, 151.0, 50.0)
    assert not limits.is_outside(0.0, 151.0)
    assert not limits.is_outside(0.05, None, 50.0)
    assert limits.is_outside(0.051, None)
    assert BOOKS["llm-research-lab"].verification.p95_limit_ms(1.0) == 2000


def test_what_has_to_be_handed_in_depends_on_the_level() -> None:
    review = BOOKS["autonomous-dev-system"].review
    assert [d.id for d in review.asked_of("P1")] == ["post-mortem"]
    assert review.asked_of("P2") == ()
    deadlines = BOOKS["robo-rlhf-multimodal"].review.deadlines
    assert [d.due.value / 3600 for d in deadlines] == [2, 24, 48, 168]
    assert [d.due.value / 3600 for d in BOOKS["autoformalize-math-lab"].review.deadlines] == [24, 168]
    assert BOOKS["autoformalize-math-lab"].review.parts.value.count("timeline") == 1


def test_levels_are_found_and_compared_by_their_names() -> None:
    book = BOOKS["robo-rlhf-multimodal"]
    assert book.level("P1").title == "High"
    assert book.gravity("P9") is None
    assert book.graver("P3", None, "P9", "P1") == "P1"
    assert book.graver(None) is None
    with pytest.raises(KeyError, match="P9"):
        book.level("P9")


def test_programs_get_bare_figures() -> None:
    plain: dict[str, Any] = BOOKS["llm-research-lab"].plain()
    assert plain["levels"][3]["update_every"] is None
    assert plain["verification"]["error_share_above"] == 0.05
    assert plain["levels"][0]["channels"] == ["page", "chat"]
    assert "source" not in str(plain)


def test_the_weights_make_a_hundred() -> None:
    assert sum(DIMENSIONS.values()) == 100


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("15m", 900), ("1h30m", 5400), ("24h", 86_400), ("96h", 345_600), ("1w", 604_800), ("0.5s", 0.5)],
)
def test_durations_read_as_they_are_written(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert write_duration(seconds) == text


@pytest.mark.parametrize("wrong", ["", "15", "m", "1x", "15 m", "-3m", "1m\n", "٣m", "1e3s", -3, None, True, "9" * 100])
def test_what_is_no_duration_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(wrong)
