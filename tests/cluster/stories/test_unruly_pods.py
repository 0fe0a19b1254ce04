"""Pods that misbehave, and what their neighbours and the API notice of it."""

import statistics
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from stories import Cluster, container_status, one_pod, start, stop
from waiting import until

pytestmark = pytest.mark.cluster

SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"well")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((os.environ["POD_IP"], 8000), Handler).serve_forever()
"""
FORKS = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            os.setsid()
            while True:
                time.sleep(60)
    except OSError:
        time.sleep(0.01)
"""
SHELL = ["sh", "-c"]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    running = start(tmp_path, "--crash-base", "0.001", "--crash-cap", "0.001")
    try:
        yield running
    finally:
        stop(running)


@pytest.fixture
def neighbour(cluster: Cluster) -> str:
    """The URL of a pod that behaves."""
    namespace = cluster.namespace()
    address = [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod(SERVER, env=address))
    until(lambda: container_status(cluster, namespace).get("ready"))
    pod = cluster.get(f"/api/v1/namespaces/{namespace}/pods/pod")
    url = f"http://{pod['status']['podIP']}:8000/"
    until(lambda: _answers(url))
    return url


def test_a_pod_that_forks_without_end_is_evicted_and_nothing_of_it_stays(cluster: Cluster, neighbour: str) -> None:
    namespace = cluster.namespace()
    before = _latency_s(cluster, neighbour)
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", one_pod(FORKS))
    path = f"/api/v1/namespaces/{namespace}/pods/pod"
    until(lambda: cluster.get(path)["status"]["phase"] == "Failed", 60)
    status = cluster.get(path)["status"]
    assert (status["reason"], status["message"]) == ("Evicted", "The node was low on resource: pids. ")
    assert any(c["type"] == "DisruptionTarget" and c["reason"] == "TerminationByKubelet" for c in status["conditions"])
    events = cluster.get(f"/api/v1/namespaces/{namespace}/events")["items"]
    assert any(event["reason"] == "Evicted" and event["type"] == "Warning" for event in events)
    until(lambda: _processes(cluster) < 20, 30)
    assert _latency_s(cluster, neighbour) < 10 * before + 0.1


def test_programs_that_write_at_full_speed_harm_nobody_and_keep_bounded_logs(
    cluster: Cluster, neighbour: str, tmp_path: Path
) -> None:
    namespace, before = cluster.namespace(), _latency_s(cluster, neighbour)
    for name, words in (("many", "yes"), ("long", "exec tr '\\0' x < /dev/zero"), ("twin", "yes"), ("triplet", "yes")):
        _run(cluster, namespace, name, words)
    until(lambda: _logged(tmp_path) > 30_000_000, 60)
    assert _latency_s(cluster, neighbour) < 10 * before + 0.1
    log = cluster.http.get(f"/api/v1/namespaces/{namespace}/pods/many/log", params={"tailLines": "3"})
    assert log.text == "y\ny\ny\n"
    assert _logged(tmp_path) < 4 * 25_000_000
    server = psutil.Process(cluster.process.pid)
    server.cpu_percent()
    time.sleep(2)  # what is measured, not what is waited for
    assert server.cpu_percent() < 75


def test_pods_that_die_at_once_again_and_again_leave_memory_events_and_neighbours_as_they_were(
    cluster: Cluster, neighbour: str
) -> None:
    namespace, before = cluster.namespace(), _latency_s(cluster, neighbour)
    for number in range(50):
        _run(cluster, namespace, f"crash-{number}", "exit 1")
    server = psutil.Process(cluster.process.pid)
    until(lambda: _restarts(cluster, namespace) > 50, 60)
    events, memory = _events(cluster, namespace), server.memory_info().rss
    until(lambda: _restarts(cluster, namespace) > 150, 60)
    assert _latency_s(cluster, neighbour) < 10 * before + 0.1
    assert _events(cluster, namespace) <= events + 50
    assert server.memory_info().rss < memory + 20_000_000


def _run(cluster: Cluster, namespace: str, name: str, words: str) -> None:
    container: dict[str, Any] = {"name": "main", "image": "python:3", "command": [*SHELL, words]}
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    cluster.create(f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"name": name}, "spec": spec})


def _latency_s(cluster: Cluster, neighbour: str) -> float:
    """Of a list of pods and of the neighbour's answer, together: the median of some."""
    taken = []
    for _ in range(30):
        started = time.monotonic()
        cluster.get("/api/v1/pods")
        assert _answers(neighbour)
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.read() == b"well")
    except OSError:
        return False


def _restarts(cluster: Cluster, namespace: str) -> int:
    pods = cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    return sum(status["restartCount"] for pod in pods for status in pod["status"].get("containerStatuses") or ())


def _events(cluster: Cluster, namespace: str) -> int:
    return len(cluster.get(f"/api/v1/namespaces/{namespace}/events")["items"])


def _processes(cluster: Cluster) -> int:
    return len(psutil.Process(cluster.process.pid).children(recursive=True))


def _logged(state: Path) -> int:
    return sum(file.stat().st_size for file in state.glob("pods/*/logs/*/*"))
