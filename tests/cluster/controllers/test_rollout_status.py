"""What a Deployment says of its rollout."""

from typing import Any

from simulator.cluster.controllers.revisions import to_forget
from simulator.cluster.controllers.rollout_status import Rollout, assemble
from simulator.cluster.objects.states import instant
from simulator.cluster.store import Object

NOW = instant("2026-01-01T00:20:00Z")


def deployment(conditions: list[Object] | None = None, **spec: Any) -> Object:
    return {
        "metadata": {"name": "web", "generation": 1},
        "spec": {"replicas": 2, "progressDeadlineSeconds": 600, **spec},
        "status": {"conditions": conditions or []},
    }


def replica_set(name: str = "web-1", replicas: int = 2, revision: int = 1, **status: Any) -> Object:
    return {
        "metadata": {"name": name, "annotations": {"deployment.kubernetes.io/revision": str(revision)}},
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, **status},
    }


def progressing(reason: str, status: str = "True", at: str = "2026-01-01T00:00:00Z") -> Object:
    return {
        "type": "Progressing",
        "status": status,
        "reason": reason,
        "message": "",
        "lastUpdateTime": at,
        "lastTransitionTime": at,
    }


def conditions(found: Object, rollout: Rollout) -> dict[str, tuple[str, str]]:
    return {each["type"]: (each["status"], each["reason"]) for each in assemble(found, rollout, NOW)["conditions"]}


def test_a_rollout_that_stands_still_for_too_long_has_failed() -> None:
    found = deployment([progressing("ReplicaSetUpdated")])
    found["status"].update({"updatedReplicas": 2, "replicas": 2})
    assert conditions(found, Rollout(replica_set(), [], 0))["Progressing"] == ("False", "ProgressDeadlineExceeded")


def test_a_pause_stops_the_clock_but_not_a_failure() -> None:
    paused = deployment([progressing("ReplicaSetUpdated")], paused=True)
    assert conditions(paused, Rollout(replica_set(), [], 0))["Progressing"] == ("Unknown", "DeploymentPaused")
    late = deployment([progressing("ProgressDeadlineExceeded", "False")], paused=True)
    assert conditions(late, Rollout(replica_set(), [], 0))["Progressing"] == ("False", "ProgressDeadlineExceeded")


def test_what_a_replica_set_cannot_do_its_deployment_says_too() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    stuck = replica_set(conditions=[failure])
    assert conditions(deployment(), Rollout(stuck, [], 0))["ReplicaFailure"] == ("True", "FailedCreate")
    assert "ReplicaFailure" not in conditions(deployment(), Rollout(replica_set(), [], 0))


def test_only_empty_replica_sets_beyond_the_limit_are_forgotten() -> None:
    old = [replica_set(f"web-{n}", 1 if n == 1 else 0, n) for n in range(1, 5)]
    names = [each["metadata"]["name"] for each in to_forget(deployment(revisionHistoryLimit=2), old)]
    assert names == ["web-2"]
