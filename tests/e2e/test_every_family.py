"""One failure mode of each family that the first game day leaves out, by the command that plays all of them."""

import json
from typing import Any

import jsonschema
import pytest
from playing import Home

from simulator.drill.catalog import shipped_experiments, suite_file
from simulator.drill.documents import read_document
from simulator.drill.experiment import read_experiment
from simulator.report.schema import published_schema


def family(name: str) -> str:
    return name.partition("/")[0]


def names() -> list[str]:
    """The first shipped failure mode of each family that no drill of the first game day is from."""
    played = {family(name) for name in read_document(suite_file("first-game-day")).data["experiments"]}
    firsts: dict[str, str] = {}
    for name, _ in shipped_experiments():
        if family(name) not in played:
            firsts.setdefault(family(name), name)
    return list(firsts.values())


@pytest.fixture(scope="module")
def played(shared_home: Home) -> tuple[Home, str]:
    status, output = shared_home.run("experiments", "matrix", *names(), "--json", "matrix.json", "--report", "report")
    assert status == 0, output
    return shared_home, output


def rows(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((home.folder / "matrix.json").read_text())["rows"]
    return found


def test_each_is_detected_by_an_alert_of_its_own_and_its_runbook_mitigates(played: tuple[Home, str]) -> None:
    home, output = played
    assert [row["experiment"] for row in rows(home)] == names()
    truths = {name: read_experiment(path).truth for name, path in shipped_experiments()}
    for row in rows(home):
        assert (row["passed"], row["verdict"], row["diagnosis_right"]) == (True, "scored", True), output
        assert row["detected_by"] in truths[row["experiment"]]["alerts"]


def test_a_log_has_a_line_for_each_drill_then_the_table_and_the_sum(played: tuple[Home, str]) -> None:
    home, output = played
    count = len(rows(home))
    lines = output.splitlines()
    assert [line.split()[0] for line in lines[:count]] == [f"{number}/{count}" for number in range(1, count + 1)]
    assert f"{count} of {count} detected by an accepted alert" in output
    assert "beyond the rule's own for" in output


def test_the_json_is_valid_and_every_timeline_lies_beside_the_report(played: tuple[Home, str]) -> None:
    home, _ = played
    matrix = json.loads((home.folder / "matrix.json").read_text())
    jsonschema.validate(matrix, published_schema("matrix"))
    assert len(list((home.folder / "report" / "timelines").iterdir())) == matrix["injected"] == len(matrix["rows"])


def test_nothing_is_left_when_all_are_played(played: tuple[Home, str]) -> None:
    home, _ = played
    assert home.processes() == []
