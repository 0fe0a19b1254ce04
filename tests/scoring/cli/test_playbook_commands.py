"""`gameday playbooks`: for programs, for editors, and for the person who writes one."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from scoring.playbook.file import playbook_names, playbook_text

Run = Callable[..., tuple[int, str, str]]
STEPS = {"detect", "acknowledge", "classify", "mitigate", "resolve"}


@pytest.mark.parametrize("name", playbook_names())
def test_a_program_gets_levels_gravest_first_with_bare_seconds(name: str, scoring: Run) -> None:
    status, out, _ = scoring("playbooks", "show", name, "--json")
    levels = json.loads(out)["levels"]
    written = yaml.safe_load(playbook_text(name))["levels"]
    assert (status, [level["id"] for level in levels]) == (0, [level["id"] for level in written])
    for level in levels:
        assert level["sla"].keys() == STEPS
        assert all(isinstance(seconds, int | float) for seconds in level["sla"].values())
        assert level["update_every"] is None or level["update_every"] > 0


def test_a_person_gets_them_listed_shown_and_tabulated(scoring: Run) -> None:
    listed = scoring("playbooks", "list")[1]
    assert [line.split()[0] for line in listed.splitlines()[1:]] == playbook_names()
    assert [book["name"] for book in json.loads(scoring("playbooks", "list", "--json")[1])] == playbook_names()
    assert "SEV-1" in scoring("playbooks", "show", "llm-research-lab")[1]
    tabulated = scoring("playbooks", "table")[1]
    assert all(f"{name} §" in tabulated for name in playbook_names())


def test_every_problem_of_every_file_is_a_line_with_its_place(folder: Path, scoring: Run) -> None:
    text = playbook_text("llm-research-lab")
    Path("good.yaml").write_text(text)
    Path("bad.yaml").write_text(text.replace("value: 15m", "value: soon", 1).replace("title:", "titel:", 1))
    status, out, err = scoring("playbooks", "validate", "bad.yaml", "good.yaml", "nowhere.yaml")
    assert (status, out) == (2, "good.yaml: valid, 4 levels\n")
    lines = err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["bad.yaml", "bad.yaml", "bad.yaml", "nowhere.yaml"]
    wrong = next(number for number, line in enumerate(Path("bad.yaml").read_text().splitlines(), 1) if "soon" in line)
    assert any(line.startswith(f"bad.yaml:{wrong}: levels.0.response.value: ") and "15m" in line for line in lines)
    assert any("did you mean 'title'" in line for line in lines)
    told = json.loads(scoring("playbooks", "validate", "bad.yaml", "good.yaml", "--json")[1])
    assert [(each["valid"], len(each["problems"])) for each in told] == [(False, 3), (True, 0)]


def test_a_new_playbook_is_valid_fits_its_schema_and_overwrites_nothing(folder: Path, scoring: Run) -> None:
    assert scoring("playbooks", "new", "payments", "--title", "Payments: cards")[0] == 0
    assert scoring("playbooks", "validate", "payments.yaml") == (0, "payments.yaml: valid, 2 levels\n", "")
    schema = json.loads(scoring("playbooks", "schema")[1])
    assert schema == json.loads(Path("playbook.schema.json").read_bytes())
    jsonschema.validate(yaml.safe_load(Path("payments.yaml").read_text()), schema)
    Path("payments.yaml").write_text("mine")
    status, _, err = scoring("playbooks", "new", "payments")
    assert (status, Path("payments.yaml").read_text()) == (2, "mine"), err
    assert yaml.safe_load(scoring("playbooks", "new", "cards", "--output", "-")[1])["name"] == "cards"


@pytest.mark.parametrize("name", ["", "-x", "../up", "two\nlines"])
def test_a_name_that_cannot_be_is_refused(name: str, folder: Path, scoring: Run) -> None:
    status, _, err = scoring("playbooks", "new", "--output", "new.yaml", "--", name)
    assert (status, err.count("\n"), list(folder.iterdir())) == (2, 1, []), err
