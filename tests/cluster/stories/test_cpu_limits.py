"""Pods with a CPU limit: what they use, and that they can be looked into and ended while they wait."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from clusters import VENV_KUBECTL
from stories import Cluster, container_status, one_pod
from waiting import until

from simulator.cluster.objects import quantities

pytestmark = pytest.mark.cluster

BUSY = "while True: pass"
LIMIT = 0.2


def test_a_pod_uses_its_cpu_limit_and_no_more(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    limited = one_pod(BUSY, resources={"limits": {"cpu": f"{LIMIT}"}})
    free = one_pod(BUSY)
    free["metadata"]["name"] = "free"
    for body in (limited, free):
        cluster.create(f"/api/v1/namespaces/{namespace}/pods", body)
    # What its neighbour gets tells how much the machine has to give while others use it.
    until(lambda: (given := _used(cluster, namespace, "free")) and _used(cluster, namespace, "pod") > _least(given), 60)
    assert _used(cluster, namespace, "pod") < 1.15 * LIMIT


def test_a_pod_that_waits_for_its_next_period_answers_exec_and_ends(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}/pods/pod"
    cluster.create(path.removesuffix("/pod"), one_pod(BUSY, resources={"limits": {"cpu": "50m"}}))
    until(lambda: container_status(cluster, namespace).get("ready"))
    kubectl = [VENV_KUBECTL, "--kubeconfig", _kubeconfig(cluster), "-n", namespace]
    said = subprocess.run([*kubectl, "exec", "pod", "--", "echo", "here"], capture_output=True, text=True, timeout=30)
    assert said.stdout == "here\n"
    asked_at = time.monotonic()
    cluster.http.delete(path)
    until(lambda: cluster.http.get(path).status_code == 404)
    assert time.monotonic() - asked_at < 5
    assert not cluster.get(f"/api/v1/namespaces/{namespace}/pods")["items"]


def _least(given: float) -> float:
    return 0.85 * min(LIMIT, 0.7 * given)


def _used(cluster: Cluster, namespace: str, name: str) -> float:
    """What `kubectl top` shows, in cores; 0 before it was measured."""
    answer = cluster.http.get(f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/{name}")
    if answer.status_code != 200:
        return 0.0
    containers: list[dict[str, Any]] = answer.json()["containers"]
    return sum(float(quantities.parse(each["usage"]["cpu"])) for each in containers)


def _kubeconfig(cluster: Cluster) -> str:
    arguments: Any = cluster.process.args
    return str(Path(arguments[arguments.index("--state") + 1]) / "kubeconfig")
