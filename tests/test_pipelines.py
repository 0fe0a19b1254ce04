"""The action, the GitLab template and the shell script, run as a pipeline runs them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from published import recorded_gate
from typer.testing import CliRunner

from simulator.cli import app
from simulator.report.models import GameDay
from simulator.report.pipeline.files import write_gate

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
TEMPLATE = yaml.safe_load((ROOT / "ci" / "gitlab-template.yml").read_text(encoding="utf-8"))
SCRIPT = ROOT / "ci" / "gate.sh"
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
JOB = TEMPLATE[".gameday-gate"]


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The environment of a job that has installed gameday already."""
    (tmp_path / "gameday").symlink_to(sys.prefix)
    files = {name: str(tmp_path / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    inputs = {"SUITE": "no-such-suite", "PLAYBOOK": "", "CLOCK": "", "BASELINE": "", "REPORT": str(tmp_path / "report")}
    return {**os.environ, **files, **inputs, "RUNNER_TEMP": str(tmp_path)}


def run_step(name: str, env: dict[str, str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    """A step of the action, by the shell line that GitHub's runner uses."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_every_option_that_is_used_is_one_of_the_gate() -> None:
    shown = CliRunner().invoke(app, ["gate", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    known = set(re.findall(r"--[a-z-]+", shown))
    for text in (STEPS["Play the gate"]["run"], SCRIPT.read_text(encoding="utf-8"), " ".join(JOB["script"])):
        line = text[text.index("gate", text.index("gameday")) :]
        used = set(re.findall(r"--[a-z-]+", line.partition("exec")[2] or line))
        assert used
        assert used <= known


def test_the_action_declares_what_it_uses_and_uses_what_it_declares() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", str(ACTION["runs"])))
    assert used == set(ACTION["inputs"])
    told = set(re.findall(r'echo "(\w+)=', STEPS["Tell"]["run"]))
    assert told == set(ACTION["outputs"])


def test_no_input_is_pasted_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert ("shell" in step) is ("run" in step)
        assert "run" in step or re.fullmatch(r"actions/[\w/-]+@v\d+", step["uses"])


def test_what_was_played_is_told_and_kept_whatever_became_of_it() -> None:
    after = list(STEPS)[list(STEPS).index("Play the gate") + 1 :]
    assert after
    assert all(STEPS[name]["if"] == "always()" for name in after)
    assert JOB["artifacts"]["when"] == JOB["cache"]["when"] == "always"


def test_wrong_use_ends_the_step_with_its_status_and_its_sentence(runner: dict[str, str], tmp_path: Path) -> None:
    done = run_step("Play the gate", runner, tmp_path)
    assert done.returncode == 2
    assert "suite 'no-such-suite' is neither a file nor a shipped name" in done.stderr


def test_an_input_with_spaces_and_signs_stays_one_argument(runner: dict[str, str], tmp_path: Path) -> None:
    suite = tmp_path / "a suite; exit 0"
    suite.write_text("experiments: [rate-limited]\n")
    done = run_step("Play the gate", {**runner, "SUITE": str(suite), "PLAYBOOK": "none such"}, tmp_path)
    assert done.returncode == 2
    assert "none such" in done.stderr


def test_the_summary_and_the_outputs_are_those_of_the_report(
    runner: dict[str, str], tmp_path: Path, recorded: GameDay
) -> None:
    paths = write_gate(recorded_gate(recorded), tmp_path / "report")
    done = run_step("Tell", runner, tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(runner["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8") == paths.summary.read_text(encoding="utf-8")
    outputs = dict(line.split("=", 1) for line in Path(runner["GITHUB_OUTPUT"]).read_text().splitlines())
    assert outputs == {
        "outcome": "failed",
        "report": str(tmp_path / "report"),
        "junit": str(paths.junit),
        "sarif": str(paths.sarif),
    }


def test_a_gate_that_did_not_end_is_told_too(runner: dict[str, str], tmp_path: Path) -> None:
    assert run_step("Tell", runner, tmp_path).returncode == 0
    assert "did not come to an end" in Path(runner["GITHUB_STEP_SUMMARY"]).read_text()
    assert not Path(runner["GITHUB_OUTPUT"]).exists()


def test_the_script_hands_on_suite_options_and_status(tmp_path: Path) -> None:
    env = {**os.environ, "GAMEDAY_VENV": sys.prefix}
    call = [str(SCRIPT), "no-such-suite", "--baseline", "last"]
    done = subprocess.run(call, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "no-such-suite" in done.stderr


def test_gitlab_shows_an_inconclusive_gate_as_a_warning() -> None:
    assert JOB["allow_failure"] == {"exit_codes": 3}
    reports = JOB["artifacts"]["reports"]
    assert {"junit", "codequality"} == set(reports)


def test_what_gitlab_collects_is_what_is_written(tmp_path: Path, recorded: GameDay) -> None:
    (folder,) = re.findall(r"--report (\S+)", " ".join(JOB["script"]))
    write_gate(recorded_gate(recorded), tmp_path / folder)
    for path in JOB["artifacts"]["reports"].values():
        assert (tmp_path / path).is_file()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say() -> None:
    for script in (SCRIPT.read_text(), *("#!/bin/bash\n" + step["run"] for step in STEPS.values() if "run" in step)):
        done = subprocess.run(["shellcheck", "-"], input=script, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def recorded() -> GameDay:
    text = (ROOT / "tests" / "report" / "data" / "game-day.json").read_text(encoding="utf-8")
    return GameDay.model_validate_json(text)
