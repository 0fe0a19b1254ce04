"""An experiment that needs several nodes gets them, or a line that says how it can."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import VENV_KUBECTL, embedded

from simulator.drill.catalog import experiment_file
from simulator.drill.embedded import power_commands
from simulator.drill.plan import Options, plan_experiments

pytestmark = pytest.mark.cluster

SHIPPED = experiment_file("crash-loop-bad-config")


def needing(nodes: int, folder: Path) -> str:
    """A copy of a shipped experiment that needs so many."""
    place = folder / "workload" / f"of-{nodes}"
    place.mkdir(parents=True)
    text = SHIPPED.read_text().replace("failure_mode:", f"nodes: {nodes}\n    failure_mode:", 1)
    (place / "experiment.yaml").write_text(text)
    (place / "runbook.md").write_text((SHIPPED.parent / "runbook.md").read_text())
    return str(place / "experiment.yaml")


def gameday(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "simulator.cli", *arguments]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_a_game_day_needs_as_many_nodes_as_the_experiment_that_needs_most(tmp_path: Path) -> None:
    names = [str(SHIPPED), needing(2, tmp_path), needing(3, tmp_path)]
    assert plan_experiments(names[:1], Options(), tmp_path).nodes == 1
    assert plan_experiments(names, Options(), tmp_path).nodes == 3


def test_a_cluster_of_the_users_that_is_too_small_is_named_with_the_mend_and_left_alone(tmp_path: Path) -> None:
    state, folder = tmp_path / "state", tmp_path / "play"
    state.mkdir()
    folder.mkdir()
    with embedded(state) as kubeconfig:
        context = json.loads(kubectl(kubeconfig, "config", "view", "-o", "json"))["current-context"]
        own = ["--kubeconfig", str(kubeconfig), "--context", context]
        done = gameday(folder, "run", needing(3, tmp_path), *own)
        assert done.returncode != 0
        assert "the cluster has 1 of the 3 nodes that this drill needs" in done.stderr
        assert "leave --kubeconfig out" in done.stderr
        assert "llm-research" not in kubectl(kubeconfig, "get", "namespaces")


def test_an_embedded_cluster_that_is_up_and_too_small_is_named_with_the_mend_and_stays_up(tmp_path: Path) -> None:
    try:
        assert gameday(tmp_path, "up", "--bare").returncode == 0
        done = gameday(tmp_path, "run", needing(2, tmp_path))
        assert done.returncode != 0
        assert "the cluster has 1 of the 2 nodes that this drill needs; 'gameday down'" in done.stderr
        assert "gameday" in kubectl(tmp_path / ".gameday" / "cluster" / "kubeconfig", "get", "nodes")
    finally:
        gameday(tmp_path, "down")


def test_an_experiment_switches_nodes_by_the_lines_of_its_cluster_wherever_it_runs(tmp_path: Path) -> None:
    lines = power_commands(tmp_path)
    try:
        assert gameday(tmp_path, "up", "--bare", "--nodes", "2").returncode == 0
        assert shell(lines["NODE_STOP"].replace("{node}", "gameday-worker")) == "gameday-worker is off"
        assert (tmp_path / ".gameday" / "cluster" / "nodes" / "gameday-worker" / "power").read_text() == "off\n"
        assert shell(lines["NODE_START"]) == "gameday-worker came on"
        assert shell(lines["NODE_START"]) == "every node was on"
    finally:
        gameday(tmp_path, "down")


def shell(line: str) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(line, shell=True, cwd="/", env=env, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def kubectl(kubeconfig: Path, *arguments: str) -> str:
    argv = [VENV_KUBECTL, "--kubeconfig", kubeconfig, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout
