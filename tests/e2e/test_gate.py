"""A suite as a gate: what a pipeline runs, reads and keeps."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from playing import Home, wait_until

from simulator.report.schema import published_schema

SUITE = """
title: Mine
clock: 50
experiments:
  - experiment: connection-exhaustion
    control: true
  - rate-limited
"""
HOG = "while True: pass"


@pytest.fixture(scope="module")
def played(up: Home) -> tuple[int, str]:
    (up.folder / "mine.yaml").write_text(SUITE)
    return up.run("gate", "mine.yaml", "--json", "gate.json", "--baseline", "last")


def gate(home: Home, name: str = "gate.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home.folder / name).read_text())
    return found


def judged(drill: dict[str, Any]) -> list[dict[str, Any]]:
    """The attempts that were judged; one on a machine that was too busy is played again, and says nothing."""
    return [attempt for attempt in drill["attempts"] if attempt["verdict"] == "scored"]


def test_a_suite_that_keeps_its_budgets_is_green(up: Home, played: tuple[int, str]) -> None:
    status, output = played
    assert status == 0, output
    result = gate(up)
    jsonschema.validate(result, published_schema("gate"))
    assert (result["outcome"], result["suite"], result["exit_status"]) == ("passed", "mine", 0)
    assert [drill["outcome"] for drill in result["drills"]] == ["passed", "passed"]
    assert [len(judged(drill)) for drill in result["drills"]] == [1, 1], "a clear pass is played once"
    verdicts = {r["id"]: r["verdict"] for r in result["drills"][1]["requirements"]}
    assert verdicts["sla.ttm"] == verdicts["hard_fails"] == "met"
    assert verdicts["score"] == "not_assessed", "the suite does not ask for it"


def test_a_log_has_a_line_per_event_and_no_control_codes(played: tuple[int, str]) -> None:
    _, output = played
    assert "there is no earlier result of 'mine'" in output
    assert re.search(r"^\d\d:\d\d:\d\d\.\d  .{8}  rate-limited  +» passed: ", output, re.MULTILINE), output
    assert "\x1b" not in output


def test_the_result_is_kept_and_compared_with(up: Home, played: tuple[int, str]) -> None:
    kept = list((up.folder / ".gameday" / "gates" / "mine").glob("*.json"))
    assert [json.loads(path.read_text()) for path in kept] == [gate(up)]
    swift = gate(up)
    for attempt in judged(swift["drills"][1]):
        attempt["scorecard"]["measures"]["ttr"]["drill_seconds"] = 1.0
    (up.folder / "swift.json").write_text(json.dumps(swift))
    (up.folder / "mine.yaml").write_text(
        SUITE.replace("  - experiment: connection-exhaustion\n    control: true\n", "")
    )
    status, output = up.run("gate", "mine.yaml", "--quiet", "--json", "worse.json", "--baseline", "swift.json")
    assert status == 1, output
    drill = gate(up, "worse.json")["drills"][0]
    assert len(judged(drill)) == 2, "red is only told of what was seen twice"
    assert "regression.ttr" in {r["id"] for r in drill["requirements"] if r["verdict"] == "missed"}
    assert "gameday run external_api/rate-limited --clock 50" in output


def test_a_starved_machine_is_neither_red_nor_green(up: Home) -> None:
    (up.folder / "starved.yaml").write_text(
        "clock: 120\nrepetitions: {most: 2}\nexperiments: [{experiment: rate-limited, control: true}]\n"
    )
    process, log = up.begin("gate", "starved.yaml", "--json", "starved.json")
    wait_until(lambda: "waiting for a steady state" in log.read_text(), 60, log.read_text)
    # Each in a session of its own: Linux may give all processes of a session together no more than one of another.
    hogs = [subprocess.Popen([sys.executable, "-S", "-c", HOG], start_new_session=True) for _ in range(12)]
    try:
        assert process.wait(200) == 3, log.read_text()
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    drill = gate(up, "starved.json")["drills"][0]
    assert (drill["outcome"], drill["next_command"]) == ("inconclusive", "gameday doctor")
    assert {r["verdict"] for r in drill["requirements"]} == {"not_judged"}
    assert "the machine is too busy" in drill["why"]


def test_a_baseline_that_is_none_is_told_before_anything_starts(home: Home) -> None:
    (home.folder / "other.json").write_text("{}")
    status, output = home.run("gate", "ci", "--baseline", "other.json")
    assert status == 2
    assert "other.json" in output
    assert not Path(home.folder / ".gameday" / "runs").exists()
