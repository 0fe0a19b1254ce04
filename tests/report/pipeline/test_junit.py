"""JUnit XML, read by another project's parser and held to the shape that Jenkins' own schema allows."""

from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from published import gated, requirement

from simulator.report.gate import Gate
from simulator.report.models import GameDay
from simulator.report.pipeline.junit import render_junit

# What junit-10.xsd of Jenkins' xUnit plug-in allows: attributes and children of each element.
ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "id"},
        {"properties", "testcase", "system-out"},
    ),
    "testcase": ({"name", "time", "classname"}, {"skipped", "error", "failure"}),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def read(gate: Gate) -> dict[tuple[str, str], object]:
    """What became of each case, by suite and case, as junitparser sees it."""
    found: dict[tuple[str, str], object] = {}
    for suite in JUnitXml.fromstring(render_junit(gate).encode()):
        for case in suite:
            assert (suite.name, case.name) not in found
            found[suite.name, case.name] = case.result[0] if case.result else None
    return found


def test_a_requirement_is_a_case_and_its_verdict_the_kind_of_the_result(gate: Gate) -> None:
    good, slow, unclear = (drill.title for drill in gate.drills)
    kinds = {key: type(result) for key, result in read(gate).items()}
    assert kinds == {
        (good, "Score"): type(None),
        (good, "Time to mitigate"): type(None),
        (good, "Noise"): Skipped,
        (slow, "Score"): Failure,
        (slow, "Time to detect"): type(None),
        (slow, "Time to mitigate"): Failure,
        (slow, "Requests failed"): Skipped,
        (unclear, "Time to mitigate"): Error,
    }


def test_a_failure_says_the_scorecards_sentence_where_to_begin_and_what_to_type(gate: Gate) -> None:
    failure = read(gate)[gate.drills[1].title, "Time to mitigate"]
    assert isinstance(failure, Failure)
    assert failure.message == "It took 74 min to mitigate, later than the 15 min allowed."
    assert failure.text is not None
    assert failure.text.splitlines()[1:] == [
        "seen 1h 14m, – in 1 of 2, limit 15m",
        "begin at experiments/database/connection-exhaustion/runbook.md:37",
        "Next: gameday run database/connection-exhaustion --report look",
    ]


def test_the_counts_are_those_of_the_cases(gate: Gate) -> None:
    whole = JUnitXml.fromstring(render_junit(gate).encode())
    stated = (whole.tests, whole.failures, whole.errors)
    whole.update_statistics()
    assert (whole.tests, whole.failures, whole.errors) == stated == (8, 2, 1)


def test_times_are_wall_seconds(gate: Gate) -> None:
    root = ElementTree.fromstring(render_junit(gate))
    assert root.get("time") == "160.000"
    case = root.find(".//testcase[@name='Time to detect']")
    assert case is not None
    assert float(case.attrib["time"]) == pytest.approx((258 + 240) / 2 / 60)


def test_a_suite_carries_spread_attempts_and_severity(gate: Gate) -> None:
    suite = ElementTree.fromstring(render_junit(gate))[1]
    properties = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert properties["attempts"] == "2"
    assert properties["spread.score"] == "46.5–51.0"
    assert properties["severity.expected"] == "SEV-1"


def test_there_is_nothing_that_the_schema_of_jenkins_does_not_allow(gate: Gate) -> None:
    for element in ElementTree.fromstring(render_junit(gate)).iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes, element.tag
        assert {child.tag for child in element} <= children, element.tag


@pytest.mark.parametrize(("outcome", "kind"), [("failed", Failure), ("inconclusive", Error)])
def test_a_drill_that_did_not_pass_is_seen_even_if_no_requirement_shows_it(
    gate: Gate, game_day: GameDay, outcome: str, kind: type
) -> None:
    drill = gated(game_day.drills[0], outcome, requirement("score"))
    results = read(gate.model_copy(update={"drills": (drill,)})).values()
    assert [type(result) for result in results] == [kind, type(None)]


def test_drills_of_the_same_title_are_told_apart(gate: Gate) -> None:
    twice = gate.model_copy(update={"drills": (gate.drills[0], gate.drills[0])})
    suites = list(JUnitXml.fromstring(render_junit(twice).encode()))
    assert [suite.name for suite in suites] == [gate.drills[0].title, f"{gate.drills[0].title} (2)"]
    cases = [(case.classname, case.name) for suite in suites for case in suite]
    assert len(set(cases)) == len(cases)


def test_a_drill_and_its_control_are_two_classes(gate: Gate) -> None:
    control = gate.drills[0].model_copy(update={"failure_mode": "crash-loop-bad-config (control)"})
    both = gate.model_copy(update={"drills": (control, gate.drills[0])})
    cases = ElementTree.fromstring(render_junit(both)).iter("testcase")
    assert {case.attrib["classname"] for case in cases} == {
        "ci.crash-loop-bad-config",
        "ci.crash-loop-bad-config (control)",
    }
