"""What is left of a cluster that is killed, and how soon another one takes its folder."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from stories import Cluster, start, stop
from waiting import until

from simulator.cluster import leftovers
from simulator.processes import find_marked

pytestmark = pytest.mark.cluster

SLEEP = "import time; time.sleep(60)"
FAMILY = f"""
import os, signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 60 & exec setsid sleep 61"])
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "62"])
    os._exit(0)
os.wait()
time.sleep(60)
"""
"""A container with children and grandchildren, in sessions of their own, detached, exec'd, deaf to SIGTERM."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    running = start(tmp_path)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()
        running.http.close()


def test_nothing_of_its_pods_outlives_a_killed_cluster(cluster: Cluster, tmp_path: Path) -> None:
    pods = "/api/v1/namespaces/default/pods"
    for number in range(3):
        _create(cluster, pods, f"family-{number}", {"image": "python:3", "command": ["python", "-c", FAMILY]})
    postgres = {"image": "postgres:18", "env": [{"name": "POSTGRES_PASSWORD", "value": "secret"}]}
    _create(cluster, pods, "db", {**postgres, "ports": [{"containerPort": 5432}]})
    until(lambda: len(_of_pods(tmp_path)) >= 3 * 6 and len(_postgres_workers(tmp_path)) >= 6, 60)
    workers = _postgres_workers(tmp_path)
    os.kill(workers[0], signal.SIGSTOP)  # cannot follow its postmaster by itself
    cluster.process.kill()
    until(lambda: not _of_pods(tmp_path))
    until(lambda: not find_marked(cluster.mark))
    until(lambda: not [pid for pid in workers if _lives(pid)])
    again = start(tmp_path)
    stop(again)


def test_the_reaper_of_a_killed_cluster_spares_the_next_one_on_its_folder(cluster: Cluster, tmp_path: Path) -> None:
    cluster.process.kill()
    second = start(tmp_path)
    pods = "/api/v1/namespaces/default/pods"
    _create(second, pods, "web", {"image": "python:3", "command": ["python", "-c", SLEEP]})
    until(lambda: not find_marked(cluster.mark))
    until(lambda: second.get(f"{pods}/web").get("status", {}).get("phase") == "Running")
    assert second.get(f"{pods}/web")["status"]["containerStatuses"][0]["restartCount"] == 0
    stop(second)
    assert not find_marked(second.mark)


def _create(cluster: Cluster, path: str, name: str, container: dict[str, object]) -> None:
    spec = {"containers": [{"name": "main", **container}]}
    cluster.create(path, {"metadata": {"name": name}, "spec": spec})


def _of_pods(state: Path) -> list[int]:
    return find_marked(str(state), besides=[os.getpid()], variable=leftovers.MARK)


def _postgres_workers(state: Path) -> list[int]:
    """They write their titles over their environment and so carry no mark."""
    marked = set(_of_pods(state))
    every = {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
    return sorted(pid for pid, parent in every.items() if parent in marked and pid not in marked)


def _lives(pid: int) -> bool:
    """Whether it is there and not only waits for its new parent to take note of its end."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
