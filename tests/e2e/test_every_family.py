"""A failure mode of each family that the first game day leaves out: two by the matrix, and two in one drill."""

import json
from typing import Any

import jsonschema
import pytest
from playing import Home

from simulator.drill.catalog import shipped_experiments, suite_file
from simulator.drill.documents import read_document
from simulator.drill.experiment import read_experiment
from simulator.report.schema import published_schema

TOGETHER = ("cache_storage", "security")
"""Families whose faults leave each other alone: two causes, each with an alert and a runbook of its own."""


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


def in_turn() -> list[str]:
    return [name for name in names() if family(name) not in TOGETHER]


def at_once() -> list[str]:
    return [name for name in names() if family(name) in TOGETHER]


@pytest.fixture(scope="module")
def truths() -> dict[str, dict[str, Any]]:
    return {name: read_experiment(path).truth for name, path in shipped_experiments()}


@pytest.fixture(scope="module")
def matrix(up: Home) -> str:
    """The matrix's output; its files lie in the folder."""
    status, output = up.run("experiments", "matrix", *in_turn(), "--json", "matrix.json", "--report", "report")
    assert status == 0, output
    return output


def rows(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((home.folder / "matrix.json").read_text())["rows"]
    return found


def test_each_is_detected_by_an_alert_of_its_own_and_its_runbook_mitigates(
    up: Home, matrix: str, truths: dict[str, dict[str, Any]]
) -> None:
    assert [row["experiment"] for row in rows(up)] == in_turn()
    for row in rows(up):
        assert (row["passed"], row["verdict"], row["diagnosis_right"]) == (True, "scored", True), matrix
        assert row["detected_by"] in truths[row["experiment"]]["alerts"]


def test_a_log_has_a_line_for_each_drill_then_the_table_and_the_sum(up: Home, matrix: str) -> None:
    count = len(rows(up))
    lines = matrix.splitlines()
    assert [line.split()[0] for line in lines[:count]] == [f"{number}/{count}" for number in range(1, count + 1)]
    assert f"{count} of {count} detected by an accepted alert" in matrix
    assert "beyond the rule's own for" in matrix


def test_the_json_is_valid_and_every_timeline_lies_beside_the_report(up: Home, matrix: str) -> None:
    written = json.loads((up.folder / "matrix.json").read_text())
    jsonschema.validate(written, published_schema("matrix"))
    assert len(list((up.folder / "report" / "timelines").iterdir())) == written["injected"] == len(written["rows"])


def test_of_two_faults_at_once_both_are_detected_and_cured_and_the_first_is_known(
    up: Home, truths: dict[str, dict[str, Any]]
) -> None:
    first, second = (truths[name] for name in at_once())
    status, output = up.run("run", *at_once(), "--together", "--json", "out.json")
    assert status in (0, 1), output
    (drill,) = up.drills()
    card, events = drill["scorecard"], drill["timeline"]["events"]
    assert card["mitigated"], output
    told = [(fault["failure_mode"], fault["is_first_cause"], fault["mitigated"]) for fault in card["faults"]]
    assert told == [(first["failure_mode"], True, True), (second["failure_mode"], False, True)]
    injected = [event["data"]["fault"] for event in events if event["kind"] == "fault.injected"]
    assert injected == [first["failure_mode"], second["failure_mode"]]
    fired = {event["data"]["labels"]["alertname"] for event in events if event["kind"] == "alert.firing"}
    assert fired & (set(first["alerts"]) - set(second["alerts"]))
    assert fired & (set(second["alerts"]) - set(first["alerts"]))
    assert len([event for event in events if event["kind"] == "action.taken"]) >= 2
