"""What GitHub and GitLab show beside the lines of a change."""

import json

from published import RUNBOOK, gated, requirement

from simulator.report.gate import Gate, Place
from simulator.report.models import GameDay
from simulator.report.pipeline.annotations import MOST, annotations
from simulator.report.pipeline.code_quality import render_code_quality

ON_GITHUB = {"GITHUB_ACTIONS": "true"}


def test_a_missed_requirement_is_an_error_at_its_line_and_an_unclear_drill_a_warning(gate: Gate) -> None:
    _, mitigate, unclear = annotations(gate, ON_GITHUB)
    assert mitigate == (
        f"::error file={RUNBOOK.path},line={RUNBOOK.line},"
        "title=A batch job holds every database connection%3A Time to mitigate"
        "::It took 74 min to mitigate, later than the 15 min allowed."
        "%0ANext: gameday run database/connection-exhaustion --report look"
    )
    assert unclear.startswith("::warning title=The provider lowers its rate limit%3A not judged::")


def test_nothing_is_said_elsewhere(gate: Gate) -> None:
    assert annotations(gate, {}) == []


def test_what_would_end_a_command_is_escaped(gate: Gate, game_day: GameDay) -> None:
    nasty = requirement("x", "missed", title="a,b:c%", why="50 %::error::\r\n::set-env name=x::y")
    place = Place(path="a,b:c\n.md", line=1)
    drill = gated(game_day.drills[0], "failed", nasty.model_copy(update={"begin_at": place}))
    (line,) = annotations(gate.model_copy(update={"drills": (drill,)}), ON_GITHUB)
    assert "\n" not in line
    assert "\r" not in line
    properties = line.removeprefix("::error ").partition("::")[0]
    assert properties.startswith("file=a%2Cb%3Ac .md,line=1,title=")
    assert properties.endswith("a%2Cb%3Ac%25")


def test_more_than_github_shows_are_counted_in_the_last_one(gate: Gate, game_day: GameDay) -> None:
    many = [requirement(f"r{number}", "missed") for number in range(MOST + 5)]
    drill = gated(game_day.drills[0], "failed", *many)
    lines = annotations(gate.model_copy(update={"drills": (drill,)}), ON_GITHUB)
    assert len(lines) == MOST
    assert "6 more" in lines[-1]


def test_gitlab_gets_what_its_code_quality_report_needs(gate: Gate) -> None:
    score, mitigate = json.loads(render_code_quality(gate))
    assert mitigate["location"] == {"path": RUNBOOK.path, "lines": {"begin": RUNBOOK.line}}
    assert mitigate["check_name"] == "gameday/sla.ttm"
    assert mitigate["severity"] in {"info", "minor", "major", "critical", "blocker"}
    assert "It took 74 min to mitigate" in mitigate["description"]
    assert score["fingerprint"] != mitigate["fingerprint"]


def test_the_same_requirement_of_two_drills_has_two_fingerprints(gate: Gate) -> None:
    twice = gate.model_copy(update={"drills": (gate.drills[1], gate.drills[1])})
    prints = [issue["fingerprint"] for issue in json.loads(render_code_quality(twice))]
    assert len(set(prints)) == len(prints) == 4
