"""Text from outside, in every format: it stays text, and the file stays a file of its kind."""

import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from published import requirement
from rich.console import Console

from simulator.report.gate import Gate, GatedDrill, Place, Requirement
from simulator.report.gate_page import render_gate_html
from simulator.report.gate_table import gate_report
from simulator.report.models import DrillResult
from simulator.report.pipeline.annotations import annotations
from simulator.report.pipeline.badge import render_badge
from simulator.report.pipeline.code_quality import render_code_quality
from simulator.report.pipeline.junit import render_junit
from simulator.report.pipeline.sarif import render_sarif
from simulator.report.pipeline.summary import render_summary

NASTY = (
    "</script><script>alert(1)</script>",
    "]]><!-- & -->",
    "| a | `b` ``` </details>\n\n# heading",
    "\x1b[31m\x00\x0b\x7f\ufffe\uffff\u2028",
    "\r\n::error::x\n::stop-commands::y",
    "%0A%3A%25,:",
    "x" * 5_000,
)
TEXT = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
VALUES = st.lists(st.none() | st.floats(0, 1e7), max_size=4).map(tuple)
PLACES = st.none() | st.builds(Place, path=st.text(min_size=1, max_size=30), line=st.integers(1, 10**6))
VERDICTS = st.sampled_from(["met", "missed", "not_assessed", "not_judged"])
REQUIREMENTS = st.builds(
    Requirement,
    id=TEXT,
    title=TEXT,
    verdict=VERDICTS,
    unit=st.sampled_from(["drill_seconds", "points", "share", "count"]),
    limit=st.none() | st.floats(0, 1e7),
    seen=VALUES,
    why=TEXT,
    begin_at=PLACES,
)
ATTEMPTS = st.builds(
    DrillResult,
    title=TEXT,
    failure_mode=TEXT,
    experiment=TEXT,
    verdict=st.just("aborted"),
    reason=TEXT,
    scorecard=st.none(),
    timeline=st.none(),
)
DRILLS = st.builds(
    GatedDrill,
    failure_mode=TEXT,
    experiment=TEXT,
    title=TEXT,
    outcome=st.sampled_from(["passed", "failed", "inconclusive"]),
    why=TEXT,
    next_command=TEXT,
    requirements=st.lists(REQUIREMENTS, max_size=4).map(tuple),
    attempts=st.lists(ATTEMPTS, max_size=3).map(tuple),
)
GATES = st.fixed_dictionaries(
    {
        "suite": TEXT,
        "title": TEXT,
        "playbook": TEXT,
        "responder": TEXT,
        "drills": st.lists(DRILLS, max_size=4).map(tuple),
        "suite_at": PLACES,
    }
)
a_test_of_many = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Elements(HTMLParser):
    """The elements of a page, and the text outside of script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)


@given(hostile=GATES)
@a_test_of_many
def test_junit_is_xml_whose_red_cases_are_those_of_the_drills_that_did_not_pass(gate: Gate, hostile: dict) -> None:
    gate = gate.model_copy(update=hostile)
    suites = list(ElementTree.fromstring(render_junit(gate).encode()))
    assert len(suites) == len(gate.drills)
    for suite, drill in zip(suites, gate.drills, strict=True):
        failures, errors = list(suite.iter("failure")), list(suite.iter("error"))
        if all(each.verdict != "missed" for each in drill.requirements) or drill.outcome != "passed":
            assert bool(failures) is (drill.outcome == "failed")
        assert bool(errors) is (drill.outcome == "inconclusive")
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))


@given(hostile=GATES)
@a_test_of_many
def test_json_formats_are_json_with_a_line_for_each_place(gate: Gate, hostile: dict) -> None:
    gate = gate.model_copy(update=hostile)
    results = json.loads(render_sarif(gate))["runs"][0]["results"]
    for result in results:
        for location in result.get("locations", []):
            assert re.fullmatch(r"[\w.~%/:-]*", location["physicalLocation"]["artifactLocation"]["uri"], re.ASCII)
    issues = json.loads(render_code_quality(gate))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) <= len(results)


@given(hostile=GATES)
@a_test_of_many
def test_a_summary_has_no_markup_but_its_own(gate: Gate, hostile: dict) -> None:
    gate = gate.model_copy(update=hostile)
    tokens = MarkdownIt("commonmark").enable("table").parse(render_summary(gate))
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert all(re.match(r"</?details>", block) for block in blocks)
    assert len(blocks) == 2 * len(gate.drills)
    inline = [child for token in tokens for child in token.children or []]
    assert not [child for child in inline if child.type in {"html_inline", "link_open", "image"}]
    assert sum(token.type == "table_open" for token in tokens) == 1 + len(gate.drills)
    assert sum(token.type == "heading_open" and token.tag == "h1" for token in tokens) == 1


@given(hostile=GATES)
@a_test_of_many
def test_an_annotation_is_one_command_on_one_line(gate: Gate, hostile: dict) -> None:
    for line in annotations(gate.model_copy(update=hostile), {"GITHUB_ACTIONS": "true"}):
        assert re.match(r"::(error|warning) [^:]*title=[^:,]*::", line)
        assert line.isprintable()


@given(hostile=GATES)
@settings(a_test_of_many, max_examples=25)
def test_a_page_has_the_elements_of_its_template_and_no_others(gate: Gate, hostile: dict) -> None:
    gate = gate.model_copy(update=hostile)
    tame = gate.model_copy(update={"title": "t", "drills": tuple(_tamed(drill) for drill in gate.drills)})
    assert Elements(render_gate_html(gate)).names == Elements(render_gate_html(tame)).names


@given(hostile=GATES)
@a_test_of_many
def test_a_terminal_is_not_steered(gate: Gate, hostile: dict) -> None:
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=False).print(gate_report(gate.model_copy(update=hostile)))
    assert all(line.isprintable() for line in out.getvalue().split("\n"))


@pytest.mark.parametrize(
    "render", [render_junit, render_sarif, render_code_quality, render_summary, render_badge, render_gate_html]
)
def test_the_same_gate_gives_the_same_bytes(gate: Gate, render) -> None:
    again = Gate.model_validate_json(gate.model_dump_json())
    assert render(again) == render(gate)


def _tamed(drill: GatedDrill) -> GatedDrill:
    """The same drill in harmless words; what was empty stays empty, for a page leaves it out."""
    attempts = tuple(
        each.model_copy(update={"title": "t", "reason": each.reason and "r", "experiment": "e", "failure_mode": "f"})
        for each in drill.attempts
    )
    requirements = tuple(
        requirement(
            "x",
            each.verdict,
            unit=each.unit,
            limit=each.limit,
            seen=each.seen,
            begin_at=each.begin_at and Place(path="p", line=1),
        )
        for each in drill.requirements
    )
    return drill.model_copy(
        update={
            "title": "t",
            "experiment": "e",
            "why": drill.why and "w",
            "next_command": drill.next_command and "n",
            "attempts": attempts,
            "requirements": requirements,
        }
    )
