"""Several nodes: what kubectl shows of them, and what happens when one is powered off, tainted, drained or deleted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import manifests
import pytest
from clusters import embedded
from waiting import until

pytestmark = [pytest.mark.conformance, pytest.mark.embedded]
WORKERS = ("gameday-worker", "gameday-worker2")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of a control plane and two workers, at 60 times: 5 s of grace, 5 s of toleration."""
    with embedded(tmp_path_factory.mktemp("nodes"), "--nodes", "3", "--node-cpu", "4") as path:
        yield path


@contextmanager
def powered_off(kubeconfig: Path, node: str) -> Iterator[None]:
    switch = kubeconfig.parent / "nodes" / node / "off"
    switch.touch()
    try:
        yield
    finally:
        switch.unlink()


def _pods(kubectl, *extra: str) -> list[dict]:
    return json.loads(kubectl("get", "pods", "-o", "json", *extra))["items"]


def _web_on(kubectl, node: str) -> list[dict]:
    return [pod for pod in _pods(kubectl, "-l", "app=web") if pod["spec"].get("nodeName") == node]


def _taints(kubectl, node: str) -> set[str]:
    taints = json.loads(kubectl("get", "node", node, "-o", "json"))["spec"].get("taints") or []
    return {f"{t['key']}:{t['effect']}" for t in taints}


def test_nodes_are_named_and_tainted_as_with_kind(kubectl) -> None:
    rows = [line.split()[:3] for line in kubectl("get", "nodes", "--no-headers").splitlines()]
    assert rows == [["gameday", "Ready", "control-plane"], *([name, "Ready", "<none>"] for name in WORKERS)]
    assert _taints(kubectl, "gameday") == {"node-role.kubernetes.io/control-plane:NoSchedule"}
    assert {pod["spec"]["nodeName"] for pod in _pods(kubectl)} <= set(WORKERS)


def test_a_node_is_described_with_lease_addresses_and_its_pods(kubectl) -> None:
    text = kubectl("describe", "node", "gameday-worker")
    for part in (
        "HolderIdentity:  gameday-worker",
        "PodCIDR:",
        "KubeletReady",
        "Non-terminated Pods:",
        "RegisteredNode",
    ):
        assert part in text
    addresses = [json.loads(kubectl("get", "node", name, "-o", "json"))["status"]["addresses"][0] for name in WORKERS]
    assert len({entry["address"] for entry in addresses}) == 2


def test_leases_are_renewed(kubectl) -> None:
    def renewed() -> str:
        return kubectl("get", "lease", "gameday-worker", "-n", "kube-node-lease", "-o", "jsonpath={.spec.renewTime}")

    first = renewed()
    until(lambda: renewed() > first)


def test_a_node_without_power_loses_its_pods_and_gets_them_back(kubectl, kubeconfig) -> None:
    kubectl("scale", "deployment/web", "--replicas=4")
    kubectl("rollout", "restart", "deployment/web")  # which spreads its pods anew
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    node = "gameday-worker"
    until(lambda: not any(pod["metadata"].get("deletionTimestamp") for pod in _web_on(kubectl, node)))
    lost = {pod["metadata"]["name"] for pod in _web_on(kubectl, node)}
    assert lost
    with powered_off(kubeconfig, node):
        kubectl("wait", "--for=condition=Ready=Unknown", f"node/{node}", "--timeout=30s")
        assert "NotReady" in kubectl("get", "node", node)
        until(lambda: len(_taints(kubectl, node)) == 2)
        assert _taints(kubectl, node) == {
            "node.kubernetes.io/unreachable:NoSchedule",
            "node.kubernetes.io/unreachable:NoExecute",
        }
        names = set(
            kubectl("get", "endpoints", "web", "-o", "jsonpath={.subsets[*].addresses[*].targetRef.name}").split()
        )
        assert not names & lost
        until(lambda: all(pod["metadata"].get("deletionTimestamp") for pod in _web_on(kubectl, node)))
        kubectl("rollout", "status", "deployment/web", "--timeout=30s")
        assert {pod["metadata"]["name"] for pod in _web_on(kubectl, node)} == lost, "they stay Terminating"
        assert "NodeStatusUnknown" in kubectl("describe", "node", node)
        forced = lost.pop()
        kubectl("delete", "pod", forced, "--force", "--grace-period=0")
        assert "NotFound" in kubectl("get", "pod", forced, ok=False)
    kubectl("wait", "--for=condition=Ready", f"node/{node}", "--timeout=30s")
    until(lambda: not _web_on(kubectl, node) and not _taints(kubectl, node))


def test_a_pod_that_stayed_is_started_again_when_its_node_is_back(kubectl, kubeconfig) -> None:
    pod = _sleeper("patient", node="gameday-worker2", tolerations=[{"operator": "Exists"}])
    kubectl("create", "-f", "-", stdin=json.dumps(pod))
    kubectl("wait", "--for=condition=Ready", "pod/patient", "--timeout=20s")
    with powered_off(kubeconfig, "gameday-worker2"):
        kubectl("wait", "--for=condition=Ready=False", "pod/patient", "--timeout=30s")
        assert "no route to host" in kubectl("logs", "patient", ok=False)
    kubectl("wait", "--for=condition=Ready", "pod/patient", "--timeout=30s")
    status = json.loads(kubectl("get", "pod", "patient", "-o", "json"))["status"]["containerStatuses"][0]
    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 255)
    kubectl("delete", "pod", "patient", "--now")


def test_a_taint_by_hand_evicts_what_does_not_tolerate_it(kubectl) -> None:
    tolerant = _sleeper("tolerant", node="gameday-worker", tolerations=[{"key": "broken", "operator": "Exists"}])
    kubectl("create", "-f", "-", stdin=json.dumps(tolerant))
    kubectl("create", "-f", "-", stdin=json.dumps(_sleeper("fragile", node="gameday-worker")))
    kubectl("wait", "--for=condition=Ready", "pod/tolerant", "pod/fragile", "--timeout=20s")
    kubectl("taint", "node", "gameday-worker", "broken=disk:NoExecute")
    try:
        kubectl("wait", "--for=delete", "pod/fragile", "--timeout=20s")
        assert "TaintManagerEviction" in kubectl("get", "events", "--field-selector", "involvedObject.name=fragile")
        assert kubectl("get", "pod", "tolerant", "-o", "jsonpath={.status.phase}") == "Running"
    finally:
        kubectl("taint", "node", "gameday-worker", "broken-")
    kubectl("delete", "pod", "tolerant", "--now")


def test_a_cordoned_node_is_tainted_and_a_drained_one_is_empty(kubectl) -> None:
    node = "gameday-worker2"
    kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=30s")
    try:
        assert "Ready,SchedulingDisabled" in kubectl("get", "node", node)
        until(lambda: _taints(kubectl, node) == {"node.kubernetes.io/unschedulable:NoSchedule"})
        assert not _web_on(kubectl, node)
    finally:
        kubectl("uncordon", node)
    until(lambda: not _taints(kubectl, node))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")


def test_a_node_that_nobody_runs_never_becomes_ready(kubectl) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}}
    kubectl("create", "-f", "-", stdin=json.dumps(node))
    try:
        assert _taints(kubectl, "ghost") == {"node.kubernetes.io/not-ready:NoSchedule"}
        until(lambda: "NodeStatusNeverUpdated" in kubectl("describe", "node", "ghost"))
        assert "NotReady" in kubectl("get", "node", "ghost")
    finally:
        kubectl("delete", "node", "ghost")


def test_pods_of_a_deleted_node_are_collected_and_its_kubelet_registers_when_it_starts(kubectl, kubeconfig) -> None:
    node = "gameday-worker2"
    before = {pod["metadata"]["name"] for pod in _web_on(kubectl, node)}
    kubectl("delete", "node", node)
    until(lambda: not before & {pod["metadata"]["name"] for pod in _pods(kubectl)})
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "NotFound" in kubectl("get", "node", node, ok=False)
    lamp = kubeconfig.parent / "nodes" / node / "power"
    with powered_off(kubeconfig, node):
        until(lambda: lamp.read_text() == "off\n")
    kubectl("wait", "--for=create", f"node/{node}", "--timeout=20s")
    kubectl("wait", "--for=condition=Ready", f"node/{node}", "--timeout=20s")


def test_a_pod_that_fits_nowhere_is_pending_and_says_why(kubectl) -> None:
    big = _sleeper("big")
    big["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "64"}}
    kubectl("create", "-f", "-", stdin=json.dumps(big))
    why = (
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to "
        "deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
    )
    kubectl("wait", "--for=condition=PodScheduled=False", "pod/big", "--timeout=20s")
    until(lambda: why in kubectl("describe", "pod", "big"))
    assert kubectl("get", "pod", "big", "--no-headers").split()[2] == "Pending"
    condition = json.loads(kubectl("get", "pod", "big", "-o", "json"))["status"]["conditions"][0]
    assert (condition["reason"], condition["message"]) == ("Unschedulable", why)
    kubectl("delete", "pod", "big")


def test_replicas_are_spread_and_rules_hold(kubectl) -> None:
    apart = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "apart"}}}
    spec = _sleeper("apart")["spec"]
    spec["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    deployment = manifests.deployment("apart", spec, replicas=3)
    kubectl("create", "-f", "-", stdin=json.dumps(deployment))
    kubectl("wait", "--for=jsonpath={.status.readyReplicas}=2", "deployment/apart", "--timeout=20s")
    nodes = {pod["spec"].get("nodeName") for pod in _pods(kubectl, "-l", "app=apart")}
    assert nodes == {*WORKERS, None}
    assert "2 node(s) didn't match pod anti-affinity rules" in kubectl("get", "events")
    kubectl("delete", "deployment", "apart")


def test_a_gated_pod_waits_and_a_selected_node_is_waited_for(kubectl) -> None:
    gated = _sleeper("gated")
    gated["spec"]["schedulingGates"] = [{"name": "example.com/wait"}]
    gated["spec"]["nodeSelector"] = {"disk": "ssd"}
    kubectl("create", "-f", "-", stdin=json.dumps(gated))
    until(lambda: "SchedulingGated" in kubectl("get", "pod", "gated"))
    kubectl("patch", "pod", "gated", "--type=json", "-p", '[{"op": "remove", "path": "/spec/schedulingGates"}]')
    until(lambda: "didn't match Pod's node affinity/selector" in kubectl("describe", "pod", "gated"))
    kubectl("label", "node", "gameday-worker2", "disk=ssd")
    try:
        kubectl("wait", "--for=condition=Ready", "pod/gated", "--timeout=20s")
    finally:
        kubectl("label", "node", "gameday-worker2", "disk-")
        kubectl("delete", "pod", "gated", "--now")


def _sleeper(name: str, *, node: str = "", tolerations: list[dict] | None = None) -> dict:
    return manifests.pod(
        name,
        **{"nodeName": node} if node else {},
        terminationGracePeriodSeconds=1,
        tolerations=tolerations or [],
        containers=[{"name": "c", "image": "python:3", "command": ["python3", "-c", "import time; time.sleep(600)"]}],
    )
