"""What a StatefulSet does next: which pods it makes and which it takes away. Pure.

The rules are those of pkg/controller/statefulset: in order of ordinals, each pod only when its predecessors are
available, unless the policy is Parallel; scaling goes before updating; an update takes the highest ordinals first.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.cluster.controllers.rolling import scaled
from simulator.cluster.controllers.templates import revision_of
from simulator.cluster.objects import states
from simulator.cluster.store import Object


@dataclass(frozen=True)
class Step:
    """Ordinals to make pods for, and pods to delete."""

    create: tuple[int, ...] = ()
    delete: tuple[Object, ...] = ()


def next_step(stateful_set: Object, pods: Iterable[Object], update_revision: str, now: datetime) -> Step:
    """The next things to do."""
    spec = stateful_set["spec"]
    min_ready_s = spec.get("minReadySeconds") or 0
    slots, condemned = _placed(stateful_set, pods)
    is_ordered = spec.get("podManagementPolicy") != "Parallel"
    create: list[int] = []
    delete: list[Object] = []
    for index, pod in enumerate(slots):
        if pod is None:
            create.append(start_of(stateful_set) + index)
        elif states.is_over(pod) and not states.is_marked(pod):
            delete.append(pod)
        if is_ordered and (pod is None or _is_unavailable(pod, min_ready_s, now)):
            return Step(tuple(create), tuple(delete))
    first_unwell = next((pod for pod in reversed(condemned) if _is_unavailable(pod, min_ready_s, now)), None)
    for pod in condemned:
        if is_ordered and states.is_marked(pod):
            return Step(tuple(create), tuple(delete))
        if is_ordered and _is_unavailable(pod, min_ready_s, now) and pod is not first_unwell:
            return Step(tuple(create), tuple(delete))
        if not states.is_marked(pod):
            delete.append(pod)
            if is_ordered:
                return Step(tuple(create), tuple(delete))
    if spec["updateStrategy"]["type"] != "OnDelete":
        delete += [pod for pod in _outdated(stateful_set, slots, update_revision, now) if pod not in delete]
    return Step(tuple(create), tuple(delete))


def ordinal_of(stateful_set: Object, pod: Object) -> int | None:
    """A pod's ordinal, None if its name is not one of the set's."""
    match = re.fullmatch(r"(.*)-([0-9]+)", pod["metadata"]["name"])
    return int(match[2]) if match and match[1] == stateful_set["metadata"]["name"] else None


def start_of(stateful_set: Object) -> int:
    """The lowest ordinal."""
    return int((stateful_set["spec"].get("ordinals") or {}).get("start") or 0)


def keeps_current(stateful_set: Object, ordinal: int) -> bool:
    """Whether a pod that is made now is of the current revision: below the partition of a rolling update."""
    strategy = stateful_set["spec"]["updateStrategy"]
    if strategy["type"] != "RollingUpdate":
        return False
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    return ordinal < start_of(stateful_set) + partition


def status_of(
    stateful_set: Object, pods: Sequence[Object], current: str, update: str, collisions: int, now: datetime
) -> Object:
    """The whole status. `current` and `update` are names of revisions; a rollout that is over makes them one."""
    spec = stateful_set["spec"]
    min_ready_s = spec.get("minReadySeconds") or 0
    ready = [pod for pod in pods if states.phase(pod) == "Running" and states.is_ready(pod)]
    living = [revision_of(pod) for pod in pods if not states.is_marked(pod)]
    updated = living.count(update)
    is_rolling = spec["updateStrategy"]["type"] == "RollingUpdate"
    if is_rolling and updated == len(ready) == len(pods) == int(spec.get("replicas", 1)):
        current = update
    counts = {
        "readyReplicas": len(ready),
        "currentReplicas": living.count(current),
        "updatedReplicas": updated,
    }
    return {
        "observedGeneration": stateful_set["metadata"].get("generation", 1),
        "replicas": len(pods),
        **{name: count for name, count in counts.items() if count},
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": collisions,
        "availableReplicas": sum(states.available_in_s(pod, min_ready_s, now) == 0 for pod in ready),
    }


def _placed(stateful_set: Object, pods: Iterable[Object]) -> tuple[list[Object | None], list[Object]]:
    """Pods by their place from the lowest ordinal on, and those out of range, highest ordinal first."""
    start, replicas = start_of(stateful_set), int(stateful_set["spec"].get("replicas", 1))
    slots: list[Object | None] = [None] * replicas
    condemned: list[tuple[int, Object]] = []
    for pod in pods:
        ordinal = ordinal_of(stateful_set, pod)
        if ordinal is None:
            continue
        if start <= ordinal < start + replicas:
            slots[ordinal - start] = pod
        else:
            condemned.append((ordinal, pod))
    return slots, [pod for _, pod in sorted(condemned, key=lambda entry: -entry[0])]


def _outdated(stateful_set: Object, slots: Sequence[Object | None], update: str, now: datetime) -> list[Object]:
    """From the highest ordinal down to the partition: pods of another revision, as many as may be unavailable."""
    rolling = stateful_set["spec"]["updateStrategy"].get("rollingUpdate") or {}
    budget = max(1, scaled(rolling.get("maxUnavailable", 1), len(slots)))
    min_ready_s = stateful_set["spec"].get("minReadySeconds") or 0
    chosen = []
    for pod in reversed(slots[int(rolling.get("partition") or 0) :]):
        if budget <= 0:
            break
        if pod is None or states.is_marked(pod):
            budget -= 1
        elif revision_of(pod) != update:
            chosen.append(pod)
            budget -= 1
        elif _is_unavailable(pod, min_ready_s, now):
            budget -= 1
    return chosen


def _is_unavailable(pod: Object, min_ready_s: float, now: datetime) -> bool:
    is_up = states.phase(pod) == "Running" and not states.is_marked(pod)
    return not is_up or states.available_in_s(pod, min_ready_s, now) != 0
