"""`gameday tabletop`: for programs, for facilitators, and for the person who writes a scenario."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from scoring.tabletop.file import scenario_names, scenario_text

Run = Callable[..., tuple[int, str, str]]


def test_scenarios_are_listed_without_what_is_wrong_in_them(scoring: Run) -> None:
    listed = scoring("tabletop", "list")[1]
    assert [line.split()[0] for line in listed.splitlines()[1:]] == scenario_names()
    told = json.loads(scoring("tabletop", "list", "--json")[1])
    assert [(each["name"], each["injects"] >= 10) for each in told] == [(name, True) for name in scenario_names()]
    assert "connection" not in listed


@pytest.mark.parametrize("name", scenario_names())
def test_a_program_gets_the_scenario_with_bare_seconds(name: str, scoring: Run) -> None:
    status, out, _ = scoring("tabletop", "show", name, "--json")
    shown, written = json.loads(out), yaml.safe_load(scenario_text(name))
    assert status == 0
    assert [inject["id"] for inject in shown["injects"]] == [inject["id"] for inject in written["injects"]]
    assert all(inject["at"] >= 0 and inject["from"] for inject in shown["injects"])
    assert shown["duration"] > shown["injects"][-1]["at"]


def test_a_facilitator_is_shown_the_story_and_every_inject(scoring: Run) -> None:
    status, out, _ = scoring("tabletop", "show", "autonomous-dev-system")
    assert status == 0
    assert "security/credential-leak in authentication" in out
    assert "### 1. 0:00 Page: ApiKeyUsedFromUnknownSource" in out
    assert "escalated: team-lead by page" in out


def test_a_valid_scenario_is_rehearsed_and_what_it_cannot_earn_is_told(folder: Path, scoring: Run) -> None:
    status, out, err = scoring("tabletop", "validate", *scenario_names())
    assert (status, err) == (0, "")
    assert out.count("a room that does all of them in time earns") == len(scenario_names())
    assert not any(line.startswith("  ") for line in out.splitlines())
    value = yaml.safe_load(scenario_text("robo-rlhf-multimodal"))
    for inject in value["injects"]:
        inject["expects"] = [each for each in inject.get("expects", []) if "update" not in each["id"]]
    value["objectives"] = [each for each in value["objectives"] if each["id"] != "inform"]
    value["injects"][-2]["expects"] = [e for e in value["injects"][-2]["expects"] if e["objective"] != "inform"]
    Path("silent.yaml").write_text(yaml.safe_dump(value, sort_keys=False))
    status, out, _ = scoring("tabletop", "validate", "silent.yaml")
    assert status == 0
    assert "  communicate U: No update was posted" in out
    told = json.loads(scoring("tabletop", "validate", "silent.yaml", "--json")[1])[0]
    assert told["valid"]
    assert told["rehearsal"]["dimensions"]["communicate"]["grade"] < 0.4 <= told["rehearsal"]["score"] / 100


def test_every_problem_of_every_file_is_a_line_with_its_place(folder: Path, scoring: Run) -> None:
    text = scenario_text("llm-research-lab")
    Path("good.yaml").write_text(text)
    Path("bad.yaml").write_text(text.replace("at: 6m", "at: soon", 1).replace("hot_wash:", "hotwash:", 1))
    status, out, err = scoring("tabletop", "validate", "bad.yaml", "good.yaml", "nowhere.yaml")
    assert status == 2
    assert out.startswith("good.yaml: valid, 17 injects, ")
    lines = err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["bad.yaml", "bad.yaml", "nowhere.yaml"]
    wrong = next(number for number, line in enumerate(Path("bad.yaml").read_text().splitlines(), 1) if "soon" in line)
    assert lines[0].startswith(f"bad.yaml:{wrong}: injects.2.at: this is no duration")
    assert "did you mean 'hot_wash'" in lines[1]
    told = json.loads(scoring("tabletop", "validate", "bad.yaml", "good.yaml", "--json")[1])
    assert [(each["valid"], len(each["problems"])) for each in told] == [(False, 2), (True, 0)]


def test_a_new_scenario_is_valid_fits_its_schema_and_overwrites_nothing(folder: Path, scoring: Run) -> None:
    made = scoring("tabletop", "new", "noon", "--playbook", "causal-eval-bench", "--title", "Payments: noon")
    assert made[0] == 0, made
    status, out, err = scoring("tabletop", "validate", "noon.yaml")
    assert (status, err) == (0, "")
    assert out.startswith("noon.yaml: valid, 7 injects")
    schema = json.loads(scoring("tabletop", "schema")[1])
    assert schema == json.loads(Path("scenario.schema.json").read_bytes())
    jsonschema.validate(yaml.safe_load(Path("noon.yaml").read_text()), schema)
    Path("noon.yaml").write_text("mine")
    status, _, err = scoring("tabletop", "new", "noon")
    assert (status, Path("noon.yaml").read_text()) == (2, "mine"), err
    assert yaml.safe_load(scoring("tabletop", "new", "dusk", "--output", "-")[1])["name"] == "dusk"


def test_a_new_scenario_names_a_playbook_file_as_seen_from_where_it_lies(folder: Path, scoring: Run) -> None:
    assert scoring("playbooks", "new", "ours")[0] == 0
    Path("exercises").mkdir()
    assert scoring("tabletop", "new", "noon", "--playbook", "ours.yaml", "--output", "exercises/noon.yaml")[0] == 0
    assert yaml.safe_load(Path("exercises/noon.yaml").read_text())["playbook"] == "../ours.yaml"
    assert scoring("tabletop", "validate", "exercises/noon.yaml")[0] == 0


def test_handouts_are_written_and_written_anew_and_nothing_else_is(folder: Path, scoring: Run) -> None:
    status, out, _ = scoring("tabletop", "handouts", "llm-research-lab")
    written = [Path(line) for line in out.splitlines()]
    assert status == 0
    assert [path.stem for path in written] == ["participants", "injects", "facilitator", "evaluator"]
    assert all(path.parent.name == "handouts-llm-research-lab" and path.is_file() for path in written)
    first = written[0].read_bytes()
    text = scenario_text("llm-research-lab").replace("title: Demo day", "title: Another day", 1)
    Path("mine.yaml").write_text(text)
    assert scoring("tabletop", "handouts", "mine.yaml", "--out", "handouts-llm-research-lab")[0] == 0
    assert written[0].read_bytes() != first
    written[0].write_text("mine")
    status, _, err = scoring("tabletop", "handouts", "llm-research-lab")
    assert (status, written[0].read_text()) == (2, "mine")
    assert "it exists and is none of ours; name another folder" in err
    status, _, err = scoring("tabletop", "handouts", "llm-research-lab", "--out", "mine.yaml")
    assert (status, err.count("\n")) == (2, 1), err
