"""What is written about scenarios for people and editors: the page, the draft and the schema."""

import re
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from scoring.errors import TabletopError
from scoring.playbook import DIMENSIONS
from scoring.playbook.file import playbook_names, playbook_text
from scoring.tabletop.describe import describe
from scoring.tabletop.design import Dimension
from scoring.tabletop.draft import SCHEMA_FILE, draft, scenario_schema, schema_text
from scoring.tabletop.file import FORM, load_scenario, parse_scenario, scenario_names, scenario_text
from scoring.tabletop.inject import AnswerEvent, ShownEvent
from scoring.timeline import KINDS, RESPONDER_KINDS

VALIDATOR = jsonschema.Draft202012Validator(scenario_schema())


def test_the_schema_that_ships_is_the_models() -> None:
    shipped = FORM.folder / SCHEMA_FILE
    assert shipped.read_text(encoding="utf-8") == schema_text(), "write it anew: python -m scoring.tabletop.draft"


def test_the_schema_knows_the_scenarios_that_ship() -> None:
    jsonschema.Draft202012Validator.check_schema(scenario_schema())
    for name in scenario_names():
        VALIDATOR.validate(yaml.safe_load(scenario_text(name)))


def test_the_schema_refuses_an_unknown_field_in_every_place() -> None:
    value = yaml.safe_load(scenario_text("llm-research-lab"))
    places = list(_mappings(value))
    assert len(places) > 60
    for place in places[::5]:
        place["levles"] = 1
        assert not VALIDATOR.is_valid(value)
        del place["levles"]
    assert VALIDATOR.is_valid(value)


def test_the_schema_explains_every_field() -> None:
    schema = scenario_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["description"]
        for field, told in part["properties"].items():
            assert told["description"], field
            assert "null" not in str(told), field


def test_words_that_others_own_are_theirs() -> None:
    assert get_args(Dimension) == tuple(DIMENSIONS)
    assert set(get_args(ShownEvent)) < set(KINDS)
    assert set(get_args(AnswerEvent)) == RESPONDER_KINDS - {"hint.taken"}


@pytest.mark.parametrize("playbook", playbook_names())
def test_a_draft_is_a_scenario_of_any_playbook(playbook: str) -> None:
    text = draft("our-exercise", playbook)
    prepared = parse_scenario(text, "draft")
    assert (prepared.scenario.title, prepared.playbook.name) == ("Our exercise", playbook)
    assert {inject.kind for inject in prepared.scenario.injects} > {"false-alarm", "escalation", "served-again"}
    VALIDATOR.validate(yaml.safe_load(text))
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={SCHEMA_FILE}"


def test_a_draft_fits_a_playbook_without_roles_and_calls(tmp_path: Any) -> None:
    book = yaml.safe_load(playbook_text("llm-research-lab"))
    book["name"] = "ours"
    book["roles"], book["escalations"] = [], []
    book["levels"][0]["id"] = "1"
    book["matrix"] = []
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump(book, sort_keys=False))
    text = draft("small", "ours.yaml", folder=tmp_path)
    (tmp_path / "small.yaml").write_text(text)
    assert load_scenario(tmp_path / "small.yaml").scenario.truth.severity == "1"


def test_a_draft_shows_every_field_of_a_scenario() -> None:
    text, schema = draft("our-exercise", "llm-research-lab"), scenario_schema()
    for part in (schema, *schema["$defs"].values()):
        assert [field for field in part["properties"] if not re.search(rf"\b{field}\b", text)] == []


@pytest.mark.parametrize("title", ["Our Exercise", 'Wir: "Ärger" #1 \\ 😀', "NAME", "a\nb", "LEVEL"])
def test_a_draft_takes_any_title(title: str) -> None:
    assert parse_scenario(draft("ours", "llm-research-lab", title), "draft").scenario.title == title


@pytest.mark.parametrize("name", ["", "a b", "../up", "a/b", "a:b", "null", "1", "é", "x" * 200, "a\n"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(TabletopError):
        draft(name, "llm-research-lab", "T")


@pytest.mark.parametrize("name", scenario_names())
def test_the_page_has_what_a_facilitator_needs(name: str) -> None:
    prepared = load_scenario(name)
    page, scenario = describe(prepared), prepared.scenario
    assert f"{scenario.truth.failure_mode} in {scenario.truth.component}" in page
    for number, inject in enumerate(scenario.injects, 1):
        assert re.search(rf"^### {number}\. \d+:\d\d {re.escape(inject.title)}$", page, re.MULTILINE)
    for _, action in scenario.actions():
        assert f"- [ ] {action.text} ({action.objective}" in page


def _mappings(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _mappings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mappings(item)
