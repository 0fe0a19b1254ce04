"""A Deployment's status: counts and the conditions Available and Progressing. Pure.

`kubectl rollout status` reads updatedReplicas, replicas, availableReplicas, observedGeneration and the reason
ProgressDeadlineExceeded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulator.cluster.objects.states import condition, instant
from simulator.cluster.store import Object, timestamp


@dataclass(frozen=True)
class Rollout:
    """What the status is made of."""

    new: Object | None
    old: Sequence[Object]
    max_unavailable: int
    is_new_created: bool = False
    is_new_found: bool = False


def assemble(deployment: Object, rollout: Rollout, now: datetime) -> Object:
    """The whole status; zero counts are left out, as on the wire of an API server."""
    status = dict(deployment.get("status") or {})
    sets = [*rollout.old, *([rollout.new] if rollout.new else [])]
    desired = int(deployment["spec"].get("replicas", 1))
    available = _sum(sets, "availableReplicas")
    counts = {
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum([rollout.new] if rollout.new else [], "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(int(each["spec"].get("replicas", 0)) for each in sets) - available),
    }
    new: Object = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    new.update({name: count for name, count in counts.items() if count})
    new["terminatingReplicas"] = _sum(sets, "terminatingReplicas")
    if status.get("collisionCount"):
        new["collisionCount"] = status["collisionCount"]
    old_conditions = {entry["type"]: entry for entry in status.get("conditions") or ()}
    conditions = [_available(old_conditions.get("Available"), desired, available, rollout, now)]
    progressing = _progressing(deployment, old_conditions.get("Progressing"), rollout, counts, status, now)
    if progressing is not None:
        conditions.append(progressing)
    if (failure := _failure([*([rollout.new] if rollout.new else []), *rollout.old])) is not None:
        old = old_conditions.get("ReplicaFailure")
        conditions.append(_condition(old, "ReplicaFailure", "True", failure["reason"], failure["message"], now))
    new["conditions"] = conditions
    return new


def _failure(sets: Iterable[Object]) -> Mapping[str, Any] | None:
    """What keeps a ReplicaSet from making its pods; the new one's is told first."""
    found = (condition(each, "ReplicaFailure") for each in sets)
    return next((entry for entry in found if entry is not None), None)


def is_complete(deployment: Object, counts: Mapping[str, int]) -> bool:
    """Every pod is of the new revision and available, and what the counts tell of is the present spec."""
    desired = int(deployment["spec"].get("replicas", 1))
    generation = deployment["metadata"].get("generation", 1)
    names = ("updatedReplicas", "replicas", "availableReplicas")
    is_seen = counts.get("observedGeneration", generation) == generation
    return is_seen and all(counts.get(name, 0) == desired for name in names)


def deadline_in_s(deployment: Object, now: datetime) -> float | None:
    """Seconds until the progress deadline has to be looked at; None when there is nothing to wait for."""
    limit_s = deployment["spec"].get("progressDeadlineSeconds")
    found = condition(deployment, "Progressing")
    if limit_s is None or found is None or deployment["spec"].get("paused"):
        return None
    if found["reason"] in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded"):
        return None
    due = instant(found["lastUpdateTime"]) + timedelta(seconds=limit_s)
    return max(0.0, (due - now).total_seconds()) + 1.0


def _available(old: Mapping[str, Any] | None, desired: int, available: int, rollout: Rollout, now: datetime) -> Object:
    if available >= desired - rollout.max_unavailable:
        return _condition(
            old,
            "Available",
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
            now,
        )
    return _condition(
        old,
        "Available",
        "False",
        "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.",
        now,
    )


def _progressing(
    deployment: Object,
    old: Mapping[str, Any] | None,
    rollout: Rollout,
    counts: Mapping[str, int],
    before: Mapping[str, Any],
    now: datetime,
) -> Object | None:
    limit_s = deployment["spec"].get("progressDeadlineSeconds")
    if limit_s is None:
        return None
    name = deployment["metadata"]["name"]
    what = f'ReplicaSet "{rollout.new["metadata"]["name"]}"' if rollout.new else f'Deployment "{name}"'
    old_reason = old["reason"] if old is not None else ""
    if deployment["spec"].get("paused") and old is not None and old_reason == "ProgressDeadlineExceeded":
        return dict(old)
    if deployment["spec"].get("paused"):
        return _condition(old, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now)
    if old_reason == "DeploymentPaused":
        return _condition(old, "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", now)
    if rollout.is_new_created:
        words = f"Created new replica set {_quoted(rollout.new)}"
        return _condition(old, "Progressing", "True", "NewReplicaSetCreated", words, now, is_fresh=True)
    if is_complete(deployment, counts):
        words = f"{what} has successfully progressed."
        return _condition(old, "Progressing", "True", "NewReplicaSetAvailable", words, now)
    if rollout.is_new_found and old_reason in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded"):
        words = f"Found new replica set {_quoted(rollout.new)}"
        return _condition(old, "Progressing", "True", "FoundNewReplicaSet", words, now, is_fresh=True)
    is_all_new = counts["replicas"] == counts["updatedReplicas"]
    if old is not None and old_reason == "NewReplicaSetAvailable" and is_all_new:
        return dict(old)  # the rollout was over: pods that fail later are no rollout
    if old is None or _has_progressed(counts, before):
        words = f"{what} is progressing."
        return _condition(old, "Progressing", "True", "ReplicaSetUpdated", words, now, is_fresh=True)
    if old_reason not in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded") and now - instant(
        old["lastUpdateTime"]
    ) > timedelta(seconds=limit_s):
        words = f"{what} has timed out progressing."
        return _condition(old, "Progressing", "False", "ProgressDeadlineExceeded", words, now)
    return dict(old)


def _has_progressed(counts: Mapping[str, int], before: Mapping[str, Any]) -> bool:
    """More of the new, less of the old, more ready or available, as the deployment controller has it."""
    old_before = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    old_now = counts["replicas"] - counts["updatedReplicas"]
    grown = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old_now < old_before or any(counts[name] > before.get(name, 0) for name in grown)


def _condition(
    old: Mapping[str, Any] | None,
    kind: str,
    status: str,
    reason: str,
    message: str,
    now: datetime,
    *,
    is_fresh: bool = False,
) -> Object:
    at = timestamp(now)
    if old is not None and (old["status"], old["reason"]) == (status, reason) and not is_fresh:
        return {**old, "message": message}
    is_same = old is not None and old["status"] == status
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": at,
        "lastTransitionTime": old["lastTransitionTime"] if is_same and old is not None else at,
    }


def _quoted(replica_set: Object | None) -> str:
    return f'"{replica_set["metadata"]["name"]}"' if replica_set else ""


def _sum(sets: Sequence[Object], field: str) -> int:
    return sum(int((each.get("status") or {}).get(field) or 0) for each in sets)
