"""On which nodes a DaemonSet's pods belong, and how an update goes through them."""

from typing import Any

import pytest

from simulator.cluster.controllers.daemon_steps import belongs, bound_to, next_step, places, status_of, target_of
from simulator.cluster.kinds.daemon_sets import KIND
from simulator.cluster.objects.states import instant
from simulator.cluster.store import Object

NOW = instant("2026-01-01T00:01:00Z")
SURGE = {"maxSurge": 1, "maxUnavailable": 0}


def a_set(rolling: Object | None = None, strategy: str = "RollingUpdate", **spec: Any) -> Object:
    update: Object = {"type": strategy, **({"rollingUpdate": rolling} if rolling else {})}
    template = {"spec": {"containers": [{"name": "c", "image": "i"}], **spec}}
    obj: Object = {"metadata": {"name": "agent"}, "spec": {"template": template, "updateStrategy": update}}
    KIND.fill(obj)
    return obj


def node(name: str, *taints: tuple[str, str], **labels: str) -> Object:
    entries = [{"key": key, "effect": effect} for key, effect in taints]
    return {"metadata": {"name": name, "labels": labels}, "spec": {"taints": entries}}


def pod(name: str, on: str, state: str = "ready", revision: str = "new", born: int = 0) -> Object:
    """`state`: ready, unready, ending, failed."""
    meta: Object = {
        "name": name,
        "creationTimestamp": f"2026-01-01T00:00:{born:02}Z",
        "labels": {"controller-revision-hash": revision},
    }
    if state == "ending":
        meta["deletionTimestamp"] = "2026-01-01T00:00:59Z"
    truth = "True" if state == "ready" else "False"
    ready = {"type": "Ready", "status": truth, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    phase = "Failed" if state == "failed" else "Running"
    return {"metadata": meta, "spec": {"nodeName": on}, "status": {"phase": phase, "conditions": [ready]}}


NODES = [node("a"), node("b"), node("c")]


def step(daemon_set: Object, *pods: Object, nodes: list[Object] = NODES) -> tuple[list[str], list[str]]:
    """Nodes that get a pod, names of those that go."""
    found = next_step(daemon_set, places(daemon_set, nodes, pods), "new", NOW)
    return list(found.create), [each["metadata"]["name"] for each in found.delete]


@pytest.mark.parametrize(
    ("spec", "on", "expected"),
    [
        ({}, node("a"), (True, True)),
        ({"nodeSelector": {"tier": "x"}}, node("a"), (False, False)),
        ({"nodeSelector": {"tier": "x"}}, node("a", tier="x"), (True, True)),
        ({"nodeName": "b"}, node("a"), (False, False)),
        ({}, node("a", ("dedicated", "NoSchedule")), (False, True)),
        ({}, node("a", ("dedicated", "NoExecute")), (False, False)),
        ({}, node("a", ("node.kubernetes.io/unschedulable", "NoSchedule")), (True, True)),
        ({}, node("a", ("node.kubernetes.io/unreachable", "NoExecute")), (True, True)),
        ({}, node("a", ("node.kubernetes.io/network-unavailable", "NoSchedule")), (False, True)),
        ({"hostNetwork": True}, node("a", ("node.kubernetes.io/network-unavailable", "NoSchedule")), (True, True)),
    ],
)
def test_where_a_daemon_runs_and_where_it_may_stay(spec: Object, on: Object, expected: tuple[bool, bool]) -> None:
    assert belongs(a_set(**spec), on) == expected


def test_a_pod_is_meant_for_its_node_before_it_is_bound_to_it() -> None:
    spec = bound_to({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}}, "b")
    assert target_of({"spec": spec}) == "b"


def test_each_node_gets_one_pod_and_keeps_the_oldest() -> None:
    assert step(a_set(), pod("one", "a")) == (["b", "c"], [])
    twice = [pod("young", "a", born=2), pod("old", "a", born=1)]
    assert step(a_set(), *twice, pod("b", "b"), pod("c", "c")) == ([], ["young"])


def test_pods_leave_nodes_that_are_gone_and_failed_ones_are_replaced() -> None:
    assert step(a_set(), pod("a", "a"), pod("lost", "x"), nodes=NODES[:1]) == ([], ["lost"])
    assert step(a_set(), pod("dead", "a", "failed"), nodes=NODES[:1]) == ([], ["dead"])
    assert step(a_set(), pod("going", "a", "ending"), nodes=NODES[:1]) == ([], [])


def test_an_update_takes_one_node_after_the_other() -> None:
    old = [pod(name, name, revision="old") for name in "abc"]
    assert step(a_set(), *old) == ([], ["a"])
    assert step(a_set(), pod("a", "a", "unready"), *old[1:]) == ([], [])
    assert step(a_set(), pod("a", "a"), *old[1:]) == ([], ["b"])
    assert step(a_set({"maxUnavailable": "50%", "maxSurge": 0}), *old) == ([], ["a", "b"])
    assert step(a_set(strategy="OnDelete"), *old) == ([], [])


def test_old_pods_that_serve_nobody_go_at_once() -> None:
    sick = [pod("a", "a", revision="old"), *(pod(name, name, "unready", "old") for name in "bc")]
    assert step(a_set(), *sick) == ([], ["b", "c"])


def test_with_a_surge_the_new_pod_comes_before_the_old_one_goes() -> None:
    old = [pod(name, name, revision="old") for name in "abc"]
    assert step(a_set(SURGE), *old) == (["a"], [])
    assert step(a_set(SURGE), *old, pod("new", "a", "unready", born=5)) == ([], [])
    assert step(a_set(SURGE), *old, pod("new", "a", born=5)) == (["b"], ["a"])


def test_the_status_counts_nodes() -> None:
    pods = [pod("a", "a"), pod("b", "b", "unready", "old"), pod("d", "d")]
    found = places(a_set(), [*NODES, node("d", ("dedicated", "NoSchedule"))], pods)
    assert status_of(a_set(), found, "new", 0, NOW) == {
        "desiredNumberScheduled": 3,
        "currentNumberScheduled": 2,
        "numberMisscheduled": 1,
        "numberReady": 1,
        "updatedNumberScheduled": 1,
        "numberAvailable": 1,
        "numberUnavailable": 2,
        "observedGeneration": 1,
    }
