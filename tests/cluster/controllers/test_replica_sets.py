"""How many pods a ReplicaSet makes, and which go first."""

from typing import Any

from simulator.cluster.controllers.replica_sets import decide, status_of
from simulator.cluster.objects.states import instant
from simulator.cluster.store import Object

NOW = instant("2026-01-01T00:01:00Z")


def pod(name: str, *, ready: str | None = None, created: str = "2026-01-01T00:00:00Z", **meta: Any) -> Object:
    """A running pod; `ready` is since when."""
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ready or created}
    return {
        "metadata": {"name": name, "creationTimestamp": created, "labels": {"app": "a"}, **meta},
        "spec": {"nodeName": "n"},
        "status": {"phase": "Running", "conditions": [condition]},
    }


def deleted(replicas: int, *pods: Object) -> list[str]:
    return [each["metadata"]["name"] for each in decide(replicas, pods).delete]


def test_missing_pods_are_made_and_ending_ones_do_not_count() -> None:
    ending = pod("ending", ready="2026-01-01T00:00:10Z", deletionTimestamp="2026-01-01T00:00:20Z")
    assert decide(2, [ending, pod("there")]).create == 1


def test_pods_that_are_not_ready_go_first() -> None:
    assert deleted(1, pod("ready", ready="2026-01-01T00:00:10Z"), pod("not")) == ["not"]


def test_the_newest_goes_first_among_equals() -> None:
    since = "2026-01-01T00:00:30Z"
    old, new = pod("old", ready=since), pod("new", ready=since, created="2026-01-01T00:00:20Z")
    assert deleted(1, old, new) == ["new"]


def test_a_ready_pod_is_available_only_after_min_ready_seconds() -> None:
    replica_set: Object = {
        "metadata": {"generation": 1},
        "spec": {"minReadySeconds": 40, "template": {"metadata": {"labels": {"app": "a"}}}},
    }
    pods = [pod("long", ready="2026-01-01T00:00:20Z"), pod("short", ready="2026-01-01T00:00:30Z")]
    status = status_of(replica_set, pods, NOW)
    assert (status["replicas"], status["readyReplicas"], status["availableReplicas"]) == (2, 2, 1)


def test_no_pod_at_all_is_still_a_status() -> None:
    empty: Object = {"metadata": {}, "spec": {"template": {"metadata": {}}}}
    assert status_of(empty, [], NOW) == {"replicas": 0, "terminatingReplicas": 0, "observedGeneration": 1}


def test_a_node_with_two_pods_gives_one_up_first() -> None:
    since = "2026-01-01T00:00:30Z"
    pods = [pod(name, ready=since) for name in ("alone", "twin", "other")]
    pods[0]["spec"]["nodeName"] = "elsewhere"
    assert deleted(2, *pods) != ["alone"]


def test_pods_that_cannot_be_made_are_a_condition() -> None:
    empty: Object = {"metadata": {}, "spec": {"template": {"metadata": {}}}}
    condition = status_of(empty, [], NOW, "exceeded quota")["conditions"][0]
    assert (condition["type"], condition["reason"], condition["message"]) == (
        "ReplicaFailure",
        "FailedCreate",
        "exceeded quota",
    )
