"""A broken scenario says where, what and how to mend it: every problem, a line each."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from scoring.errors import TabletopError
from scoring.tabletop.draft import scenario_schema
from scoring.tabletop.file import InvalidScenario, load_scenario, parse_scenario, scenario_text

MISTAKES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text())
SOUND = scenario_text("llm-research-lab")
SCHEMA = jsonschema.Draft202012Validator(scenario_schema())


@pytest.mark.parametrize("case", MISTAKES, ids=[case["mistake"] for case in MISTAKES])
def test_every_problem_is_told_with_line_field_and_mend(case: dict[str, Any]) -> None:
    text = SOUND
    for old, new in case["change"].items():
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(InvalidScenario) as caught:
        parse_scenario(text, "own.yaml")
    problems = caught.value.problems
    assert len(problems) == len(case["says"]), problems
    for problem, said in zip(problems, case["says"], strict=True):
        assert re.search(said, problem), problem
        assert re.match(r"own\.yaml:\d+: ", problem)
        assert "\n" not in problem
    if case.get("schema"):
        assert not SCHEMA.is_valid(yaml.safe_load(text))


def test_an_exercise_ends_only_when_it_can_be_over() -> None:
    value = yaml.safe_load(SOUND)
    served = next(i for i, inject in enumerate(value["injects"]) if inject["kind"] == "served-again")
    value["injects"] = value["injects"][: served + 1]
    value["duration"] = "40m"
    with pytest.raises(InvalidScenario, match=r"duration: users have to be served for 15m first, which is until 43m"):
        parse_scenario(yaml.safe_dump(value), "own.yaml")
    value["duration"] = "43m"
    parse_scenario(yaml.safe_dump(value), "own.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"own.yaml:1: this is empty; a tabletop scenario has `name`, `situation`"),
        ("- a\n", r"own.yaml:1: a tabletop scenario is a mapping"),
        ("name: [", r"own.yaml:\d+:\d+: this is not YAML"),
        ("name: a\nname: b\n", r"own.yaml:2: 'name' is there twice, first in line 1; keep one"),
        ("a: &a [1]\nb: *a", r"own.yaml:2: '\*a' is an alias; write the value out"),
        ("# " + "x" * 200_000, r"own.yaml: this has more than 200,000 characters"),
    ],
    ids=range(6),
)
def test_what_is_no_scenario_at_all_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidScenario, match=said):
        parse_scenario(text, "own.yaml")


def test_a_scenario_that_cannot_be_found_is_named(tmp_path: Path) -> None:
    for path, said in (
        ("llm-reserch-lab", "no tabletop scenario 'llm-reserch-lab'; did you mean 'llm-research-lab'"),
        ("nowhere/own.yaml", "nowhere/own.yaml: there is no such tabletop scenario file"),
        (str(tmp_path), "this is a folder; give the tabletop scenario's file in it"),
    ):
        with pytest.raises(TabletopError, match=said):
            load_scenario(path)


def test_a_playbook_of_ones_own_lies_beside_the_scenario(tmp_path: Path) -> None:
    from scoring.playbook.file import playbook_text

    book = playbook_text("llm-research-lab").replace("title: LLM Research Lab", "title: Ours", 1)
    (tmp_path / "ours.yaml").write_text(book)
    (tmp_path / "demo.yaml").write_text(SOUND.replace("playbook: llm-research-lab", "playbook: ours.yaml", 1))
    assert load_scenario(tmp_path / "demo.yaml").playbook.title == "Ours"
    (tmp_path / "ours.yaml").write_text(book.replace("id: SEV-1", "id: SEV1"))
    with pytest.raises(InvalidScenario, match=r"demo.yaml:6: playbook: .*ours.yaml:\d+: .*there is no level 'SEV-1'"):
        load_scenario(tmp_path / "demo.yaml")


def test_a_text_from_elsewhere_names_no_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("password: x")
    text = SOUND.replace("playbook: llm-research-lab", f"playbook: {tmp_path}/secret.yaml", 1)
    with pytest.raises(InvalidScenario, match="there is no playbook") as caught:
        parse_scenario(text, "own.yaml")
    assert "password" not in str(caught.value)
