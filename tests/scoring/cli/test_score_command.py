"""`gameday score`: what people read, what programs read, and what several runs say together."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.files import score_file

Run = Callable[..., tuple[int, str, str]]
RECORDED = sorted((Path(__file__).parents[1] / "recorded").glob("*.timeline.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split(".")[0])
def test_a_program_gets_the_scorecard_in_its_canonical_form(path: Path, scoring: Run) -> None:
    assert scoring("score", path, "--json") == (0, score_file(path).to_json() + "\n", "")


def test_a_person_gets_lines_that_fit_a_terminal(scoring: Run) -> None:
    status, out, _ = scoring("score", RECORDED[0])
    assert status == 0
    assert json.loads(RECORDED[0].read_bytes())["drill"]["id"] in out
    assert "mitigate" in out
    assert max(len(line) for line in out.splitlines()) <= 100


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch, scoring: Run) -> None:
    with RECORDED[0].open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        said = scoring("score", "-", "--json")
    assert said == (0, score_file(RECORDED[0]).to_json() + "\n", "")


def test_several_runs_are_each_shown_and_counted_together(scoring: Run) -> None:
    runs = [RECORDED[0]] * 5
    told = json.loads(scoring("score", *runs, "--json")[1])
    assert [run["drill"] for run in told["runs"]] == [told["runs"][0]["drill"]] * 5
    ttm = told["summary"]["measures"]["ttm"]
    assert (ttm["n"], ttm["n_censored"], ttm["met"]) == (5, 0, 5)
    assert ttm["median_s"] == told["runs"][0]["measures"]["ttm"]["drill_seconds"]
    assert 0.5 < ttm["wilson_low"] < 0.6
    out = scoring("score", *runs[:4])[1]
    assert out.count(told["runs"][0]["drill"]) == 4
    assert "100 % (51 % to 100 %)" in out
    assert out.count("4 of the 5 runs that it takes") == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "bad.json:1:2: this is not JSON"),
        ("[]", "bad.json: a timeline is an object"),
        ('{"drill": {"id": "d", "clock": 0, "started_at": "2026-01-05T10:00:00Z"}, "truth": {}}', "drill.clock"),
        ('{"drill": {"id": "d", "clock": 1, "started_at": "2026-01-05T10:00:00Z"}, "truth": {}}', "--playbook"),
        ('{"drill": {"id": "d", "clock": 1, "started_at": "2026-01-05T10:00:00Z"}}', "truth"),
    ],
)
def test_what_cannot_be_scored_is_one_line_with_its_place(text: str, said: str, folder: Path, scoring: Run) -> None:
    Path("bad.json").write_text(text)
    status, out, err = scoring("score", "bad.json")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_runs_under_different_playbooks_are_not_mixed(folder: Path, scoring: Run) -> None:
    other = json.loads(RECORDED[0].read_bytes())
    other["drill"]["playbook"] = "causal-eval-bench"
    other["truth"]["severity"] = {}
    Path("other.json").write_text(json.dumps(other))
    status, _, err = scoring("score", RECORDED[0], "other.json")
    assert (status, "--playbook NAME" in err) == (2, True)
    assert scoring("score", RECORDED[0], "other.json", "--playbook", "llm-research-lab")[0] == 0
