"""The command itself: exit statuses, one clear line for what is wrong, nothing started."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.drill.plan import Options

GAMEDAY = Path(sys.executable).parent / "gameday"


def gameday(folder: Path, *arguments: object) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(GAMEDAY), *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "no-such-thing"], "experiment 'no-such-thing'"),
        (["run", "rate-limited", "--playbook", "nobodys"], "there is no playbook 'nobodys'"),
        (["run", "rate-limited", "--clock", "0"], "--clock: 0 is no drill clock"),
        (["run", "rate-limited", "--responder", "me"], "--responder: 'me' is none"),
        (["run", "rate-limited", "--kubeconfig", "nowhere"], "nowhere: there is no such file"),
        (["play", "nothing.yaml"], "nothing.yaml: there is no such file"),
        (["score", "nothing.json"], "nothing.json: cannot be read"),
        (["verify", "nobody"], "there is no drill 'nobody'"),
        (["playbooks", "show", "nobodys"], "there is no playbook 'nobodys'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2_and_starts_nothing(tmp_path: Path, arguments: list[str], said: str) -> None:
    status, out, err = gameday(tmp_path, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("gameday: ")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / ".gameday" / "runs").exists()


@pytest.mark.parametrize("command", ["run", "play"])
def test_what_run_and_play_share_is_offered_by_both(command: str, tmp_path: Path) -> None:
    status, out, _ = gameday(tmp_path, command, "--help")
    offered = set(re.findall(r"--[a-z]+", out))
    shared = {f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(Options)}
    assert (status, shared - offered) == (0, set())


def test_an_unknown_option_is_exit_2(tmp_path: Path) -> None:
    assert gameday(tmp_path, "run", "rate-limited", "--speed", "9")[0] == 2


def test_nothing_is_up_at_first(tmp_path: Path) -> None:
    assert gameday(tmp_path, "status")[1].startswith("nothing is up")
    assert gameday(tmp_path, "down")[:2] == (0, "nothing was up\n")


def test_the_doctor_finds_nothing_wrong_here(tmp_path: Path) -> None:
    status, out, _ = gameday(tmp_path, "doctor")
    assert status == 0, out
    assert {line.split(":")[0].split(None, 1)[1] for line in out.splitlines()} >= {"Python", "kubectl", "PostgreSQL"}


def test_experiments_are_listed_shown_and_validated(tmp_path: Path) -> None:
    names = [entry["name"] for entry in json.loads(gameday(tmp_path, "experiments", "list", "--json")[1])]
    assert "database/connection-exhaustion" in names
    shown = gameday(tmp_path, "experiments", "show", "connection-exhaustion")[1]
    assert "SEV-1 (llm-research-lab)" in shown
    assert "kubectl scale deployment" in shown
    status, out, err = gameday(tmp_path, "experiments", "validate")
    assert (status, out.count("ok  ")) == (0, len(names)), err


def test_rules_for_a_prometheus_of_ones_own_follow_the_clock(tmp_path: Path) -> None:
    status, out, _ = gameday(tmp_path, "rules", "rules", "--clock", "60")
    assert status == 0
    texts = "".join((tmp_path / name).read_text() for name in out.split())
    assert "[5s]" in texts
    assert "[5m]" not in texts


def test_a_recorded_timeline_is_scored_offline(tmp_path: Path) -> None:
    recorded = Path(__file__).parents[1] / "scoring" / "recorded"
    for timeline in recorded.glob("*.timeline.json"):
        status, out, err = gameday(tmp_path, "score", timeline, "--json")
        assert status == 0, err
        golden = timeline.with_name(timeline.name.replace(".timeline.", ".scorecard."))
        assert out.strip() == golden.read_text().strip()
