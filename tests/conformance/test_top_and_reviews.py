"""kubectl top, and what kubectl auth says of its user."""

import json
import re

import pytest
from waiting import until

pytestmark = pytest.mark.conformance

_BUSY = "import threading, time\nblock = bytearray(64 << 20)\nwhile True: pass"


@pytest.fixture
def busy(kubectl):
    """A pod of two containers: one computes and holds 64 MiB, one sleeps."""
    containers = [
        {"name": "busy", "image": "python:3", "command": ["python3", "-c", _BUSY]},
        {"name": "idle", "image": "python:3", "command": ["python3", "-c", "import time; time.sleep(600)"]},
    ]
    spec = {"terminationGracePeriodSeconds": 0, "containers": containers}
    meta = {"name": "busy", "labels": {"app": "busy"}}
    kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}))
    yield
    kubectl("delete", "pod", "busy", "--now")


def _measured(kubectl, app: str) -> int:
    """How many pods of an app have metrics; kubectl top fails while there are none."""
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{kubectl.namespace}/pods?labelSelector=app%3D{app}"
    return len(json.loads(kubectl("get", "--raw", path))["items"])


def _millicores_and_mebibytes(line: str) -> tuple[int, int]:
    match = re.search(r"(\d+)m\s+(\d+)Mi", line)
    assert match, line
    return int(match[1]), int(match[2])


@pytest.mark.embedded
def test_top_shows_what_processes_use(kubectl, busy) -> None:
    def top() -> dict[str, str]:
        said = kubectl("top", "pods", "--containers", "--no-headers")
        return {line.split()[1]: line for line in said.splitlines()}

    until(lambda: _measured(kubectl, "busy") == 1 and _measured(kubectl, "web") == 2)
    until(lambda: _millicores_and_mebibytes(top()["busy"])[0] > 100)  # it gets no more than others leave
    lines = top()
    _, memory = _millicores_and_mebibytes(lines["busy"])
    assert 60 <= memory <= 120
    cpu, memory = _millicores_and_mebibytes(lines["idle"])
    assert (cpu < 50, memory < 40) == (True, True)
    pods = kubectl("top", "pods", "-A", "--sort-by=cpu", "--no-headers").splitlines()
    assert pods[0].split()[1] == "busy"
    assert len(kubectl("top", "pods", "-l", "app=web", "--no-headers").splitlines()) == 2


@pytest.mark.embedded
def test_top_of_nodes_has_shares(kubectl, busy) -> None:
    until(lambda: _measured(kubectl, "busy") == 1)
    header, line = kubectl("top", "nodes").splitlines()
    titles = [title.replace("(%)", "%") for title in header.split()]  # kubectl before 1.34 has no brackets
    assert titles == ["NAME", "CPU(cores)", "CPU%", "MEMORY(bytes)", "MEMORY%"]
    assert re.match(r"gameday\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%", line)


@pytest.mark.embedded
def test_metrics_can_only_be_read(kubectl, busy) -> None:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{kubectl.namespace}/pods"
    until(lambda: _measured(kubectl, "busy") == 1)
    found = json.loads(kubectl("get", "--raw", f"{path}/busy"))
    assert (found["kind"], [each["name"] for each in found["containers"]]) == ("PodMetrics", ["busy", "idle"])
    assert re.fullmatch(r"\d+n", found["containers"][0]["usage"]["cpu"])
    assert "not allow" in kubectl("delete", "--raw", f"{path}/busy", ok=False)
    refused = kubectl("get", "--raw", f"{path}/nobody", ok=False)
    assert f'podmetrics.metrics.k8s.io "{kubectl.namespace}/nobody" not found' in refused


def test_can_i_answers_truthfully(kubectl) -> None:
    assert kubectl("auth", "can-i", "create", "pods").strip() == "yes"
    assert kubectl("auth", "can-i", "delete", "nodes").strip().endswith("yes")
    assert kubectl("auth", "can-i", "get", "/metrics").strip() == "yes"


@pytest.mark.embedded
def test_what_one_may_do_is_listed_and_who_one_is_told(kubectl) -> None:
    listed = kubectl("auth", "can-i", "--list")
    assert re.search(r"\*\.\*\s+\[\]\s+\[\]\s+\[\*\]", listed)
    assert re.search(r"selfsubjectaccessreviews.authorization.k8s.io\s+\[\]\s+\[\]\s+\[create\]", listed)
    who = kubectl("auth", "whoami")
    assert re.search(r"Username\s+kubernetes-admin", who)
    assert "system:masters" in who


def test_a_review_is_stored_nowhere(kubectl) -> None:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}},
    }
    made = kubectl("create", "-f", "-", "-o", "jsonpath={.status.allowed}", stdin=json.dumps(review))
    assert made == "true"
    assert "not allow" in kubectl("get", "--raw", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", ok=False)
    empty = kubectl("create", "-f", "-", stdin=json.dumps({**review, "spec": {}}), ok=False)
    assert "exactly one of nonResourceAttributes or resourceAttributes must be specified" in empty
