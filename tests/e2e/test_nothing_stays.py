"""However a run ends, nothing of it stays: no process, no fault, no cluster that was not up before."""

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from playing import Home, wait_until

CLEAN_WITHIN_S = 10.0
NS = "llm-research"
MANIFESTS = Path(__file__).parents[2] / "target_app" / "deploy" / "base"
MOMENTS = 3
LAST_MOMENT_S = 13.0


def wait_for(home: Home, output: Path, text: str) -> None:
    wait_until(lambda: text in output.read_text(), 60, output.read_text)


def run_away(home: Home, *arguments: object) -> tuple[int, Path]:
    """Start `gameday run` with few users in the background."""
    process, output = home.begin("run", *arguments, "--users", "10")
    return process.pid, output


def fault_is_there(home: Home) -> bool:
    spec = home.kubectl("get", "deployment", "llm-research-api", "-n", NS, "-o", "jsonpath={.spec.template.spec}")
    assert spec
    return "DB_POOL_SIZE" in spec


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_runner_killed_at_any_moment_leaves_nothing(up: Home, moment: int) -> None:
    seconds = LAST_MOMENT_S * (moment + random.random()) / MOMENTS
    before = runs(up)
    pid, output = run_away(up, "crash-loop-bad-config")
    time.sleep(seconds)  # the moment itself is what is drawn
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    took = wait_until(lambda: not up.processes("run-"), CLEAN_WITHIN_S, lambda: up.processes("run-"))
    assert not fault_is_there(up), f"killed after {seconds:.1f} s: {output.read_text()}"
    assert took < CLEAN_WITHIN_S
    for run in runs(up) - before:  # none if it was killed that early
        assert_abort_recorded(run)
    wait_until(lambda: "3/3" in up.kubectl("get", "deployment", "llm-research-api", "-n", NS), 30)


def runs(home: Home) -> set[Path]:
    return set(home.folder.glob(".gameday/runs/*"))


def assert_abort_recorded(run: Path) -> None:
    if not (run / "scoring.db").exists():
        return
    with closing(sqlite3.connect(run / "scoring.db")) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'event'").fetchone():
            return
        kinds = [kind for (kind,) in database.execute("SELECT kind FROM event")]
    if kinds:
        assert "drill.aborted" in kinds, "the record says that the drill was aborted"


def test_an_interrupted_run_takes_the_fault_back_and_says_so(home: Home) -> None:
    pid, output = run_away(home, "crash-loop-bad-config")
    wait_for(home, output, "incident")
    os.kill(pid, signal.SIGINT)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 130, output.read_text()
    assert "interrupted" in output.read_text()
    assert home.processes() == []
    assert not home.kubeconfig.exists(), "the cluster was not up before"


def test_a_killed_run_takes_its_own_cluster_with_it(home: Home) -> None:
    pid, output = run_away(home, "crash-loop-bad-config")
    wait_for(home, output, "waiting for a steady state")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_until(lambda: not home.processes(), CLEAN_WITHIN_S, home.processes)


def test_keep_leaves_the_app_up_and_down_takes_it_away(home: Home) -> None:
    """What is played is the same mistake in a gradual rollout: it costs users nothing, though nobody responds."""
    played = ("crash-loop-bad-config", "--variant", "gradual", "--responder", "none", "--clock", 240, "--users", 10)
    status, output = home.run("run", *played, "--json", "out.json", "--keep")
    assert status == 1, output
    (drill,) = home.drills()
    assert (drill["verdict"], drill["scorecard"]["requests_failed"]) == ("scored", 0)
    status, output = home.run("status")
    assert status == 0
    assert "llm-research-api: 3 ready" in output
    assert home.run("down") == (0, "the cluster is down\n")
    assert home.processes() == []


def test_what_was_up_before_is_up_afterwards_and_whole(up: Home) -> None:
    deployments = json.loads(up.kubectl("get", "deployments", "-n", NS, "-o", "json"))["items"]
    names = {deployment["metadata"]["name"] for deployment in deployments}
    manifests = yaml.safe_load_all(up.kubectl("kustomize", str(MANIFESTS)))
    assert names == {each["metadata"]["name"] for each in manifests if each["kind"] == "Deployment"}
    wait_until(lambda: "3/3" in up.kubectl("get", "deployment", "llm-research-api", "-n", NS), 30)
    assert up.processes("run-") == []
