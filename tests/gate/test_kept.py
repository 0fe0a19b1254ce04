"""Results are kept, and the one to compare with is found."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from gated import recorded
from rich.console import Console

from simulator.errors import BadInput
from simulator.gate.kept import KEPT, Alike, keep, newest, read_baseline
from simulator.gate.playing import find_baseline
from simulator.gate.revision import revision_of, target_branch
from simulator.report.gate import Gate, Outcome, Revision

CI = Alike("shop", "ci", "llm-research-lab", "autopilot", 60.0)
NOBODY: dict[str, str] = {}


def gate(
    minute: int, *, app: str = "shop", branch: str | None = "main", outcome: Outcome = "passed", clock: float = 60.0
) -> Gate:
    day = recorded()
    return Gate(
        app=app,
        suite="ci",
        title="Mine",
        outcome=outcome,
        playbook=CI.playbook,
        responder=CI.responder,
        clock=clock,
        started_at=day.started_at + timedelta(minutes=minute),
        ended_at=day.ended_at + timedelta(minutes=minute),
        machine=day.machine,
        revision=Revision(branch=branch, commit="0" * 40),
        drills=(),
        exit_status=0,
    )


def test_a_result_is_kept_whole_and_read_back(tmp_path: Path) -> None:
    path = keep(gate(0), tmp_path)
    assert path.parent == tmp_path / ".gameday" / "gates" / "ci"
    assert read_baseline(path, CI).gate == gate(0)


def test_the_last_fifty_are_kept(tmp_path: Path) -> None:
    paths = [keep(gate(minute), tmp_path) for minute in range(KEPT + 3)]
    assert sorted(paths[0].parent.iterdir()) == paths[3:]


def test_the_newest_of_its_kind_is_compared_with(tmp_path: Path) -> None:
    for minute, branch, outcome, clock in [
        (0, "main", "passed", 60.0),
        (1, "main", "failed", 60.0),
        (2, "topic", "passed", 60.0),
        (3, "main", "inconclusive", 60.0),
        (4, "main", "passed", 120.0),
    ]:
        keep(gate(minute, branch=branch, outcome=outcome, clock=clock), tmp_path)  # type: ignore[arg-type]
    last, of_main = newest(tmp_path, CI, "last"), newest(tmp_path, CI, "branch", branch="main")
    assert last
    assert of_main
    assert (last.gate.revision.branch, of_main.gate.outcome) == ("topic", "failed")
    assert newest(tmp_path, CI, "branch", branch="other") is None
    assert newest(tmp_path, Alike("shop", "other", "p", "r", 60.0), "last") is None


def test_a_result_of_another_app_is_not_compared_with(tmp_path: Path) -> None:
    path = keep(gate(0, app="forum"), tmp_path)
    assert newest(tmp_path, CI, "last") is None
    with pytest.raises(BadInput, match="was played with app forum, and this is app shop"):
        read_baseline(path, CI)


def test_a_first_run_says_that_there_is_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find_baseline("last", CI, tmp_path, Console()) is None
    assert "there is no earlier result of 'ci'" in capsys.readouterr().out


def test_a_result_of_another_version_is_passed_over(tmp_path: Path) -> None:
    keep(gate(0), tmp_path)
    path = keep(gate(1), tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    found = newest(tmp_path, CI, "last")
    assert found
    assert found.gate == gate(0)


def test_a_baseline_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"missing\.json: cannot be read: No such file.*'last' or 'branch'"):
        read_baseline(tmp_path / "missing.json", CI)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(BadInput, match=r"other\.json: suite: Field required; it is no result"):
        read_baseline(tmp_path / "other.json", CI)
    with pytest.raises(BadInput, match=r"was played with clock 120\.0, and this is clock 60\.0"):
        read_baseline(keep(gate(0, clock=120.0), tmp_path), CI)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch", "master")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(tmp_path, "checkout", "--quiet", "-b", "topic")
    return tmp_path


def test_git_knows_branch_and_commit_and_the_usual_default_branch(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert revision_of(repository, NOBODY) == Revision(branch="topic", commit=commit)
    assert target_branch(repository, NOBODY) == "master"


def test_the_remotes_default_branch_is_the_target(repository: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert target_branch(repository, NOBODY) == "trunk"


@pytest.mark.parametrize(
    ("env", "branch", "target"),
    [
        ({"GITHUB_REF_NAME": "topic", "GITHUB_HEAD_REF": ""}, "topic", "master"),
        ({"GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "topic", "GITHUB_BASE_REF": "trunk"}, "topic", "trunk"),
        ({"CI_COMMIT_REF_NAME": "topic", "CI_DEFAULT_BRANCH": "trunk"}, "topic", "trunk"),
        (
            {
                "CI_COMMIT_REF_NAME": "refs/merge-requests/7/head",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release",
                "CI_DEFAULT_BRANCH": "trunk",
            },
            "topic",
            "release",
        ),
    ],
)
def test_a_detached_checkout_is_named_by_the_pipeline(
    repository: Path, env: dict[str, str], branch: str, target: str
) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    assert revision_of(repository, env).branch == branch
    assert target_branch(repository, env) == target


def test_outside_of_version_control_the_pipeline_may_know(tmp_path: Path) -> None:
    assert revision_of(tmp_path, NOBODY) == Revision()
    assert target_branch(tmp_path, NOBODY) is None
    assert revision_of(tmp_path, {"GITHUB_SHA": "abc"}).commit == "abc"
