"""ReplicaSets: as many pods as asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.cluster.controllers import ownership, templates
from simulator.cluster.controllers.pod_control import PodControl
from simulator.cluster.controllers.reconciling import Key, drive, own_key, owner_key
from simulator.cluster.event_log import EventLog
from simulator.cluster.objects import states
from simulator.cluster.resources import PODS, REPLICA_SETS
from simulator.cluster.store import Object, Store, timestamp

_BY = "replicaset-controller"
_FAILURE = "ReplicaFailure"
_LONGEST_RETRY_S = 300.0
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


@dataclass(frozen=True)
class Decision:
    """How many pods to make, which to delete."""

    create: int
    delete: tuple[Object, ...]


def decide(replicas: int, pods: Iterable[Object]) -> Decision:
    """Pure: what a ReplicaSet with these pods lacks or has too many of."""
    active = [pod for pod in pods if states.is_active(pod)]
    surplus = len(active) - replicas
    if surplus <= 0:
        return Decision(-surplus, ())
    beside = Counter(str(pod["spec"].get("nodeName")) for pod in active)
    return Decision(0, tuple(sorted(active, key=lambda pod: first_to_go(pod, beside))[:surplus]))


def first_to_go(pod: Object, beside: Mapping[str, int]) -> tuple[Any, ...]:
    """Order of deletion: unassigned, not running, not ready, cheap, on a node with many of its kind (`beside` counts
    them), ready last, restarted most, newest."""
    ready = states.condition(pod, "Ready") or {}
    annotations = pod["metadata"].get("annotations") or {}
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    restarts = max((status.get("restartCount", 0) for status in statuses), default=0)
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASES.get(states.phase(pod), 1),
        states.is_ready(pod),
        int(annotations.get("controller.kubernetes.io/pod-deletion-cost", "0")),
        -beside.get(str(pod["spec"].get("nodeName")), 0),
        _later_first(ready.get("lastTransitionTime") if states.is_ready(pod) else None),
        -restarts,
        _later_first(pod["metadata"].get("creationTimestamp")),
        -int(pod["metadata"].get("resourceVersion") or 0),
    )


def status_of(replica_set: Object, pods: Sequence[Object], now: datetime, failure: str | None = None) -> Object:
    """Pure: its status; zero counts are left out except those that an API server always writes.

    `failure` is why pods that are missing could not be made.
    """
    active = [pod for pod in pods if states.is_active(pod)]
    wanted = (replica_set["spec"]["template"]["metadata"].get("labels") or {}).items()
    min_ready_s = replica_set["spec"].get("minReadySeconds") or 0
    counts = {
        "fullyLabeledReplicas": sum(wanted <= ownership.labels_of(pod).items() for pod in active),
        "readyReplicas": sum(states.is_ready(pod) for pod in active),
        "availableReplicas": sum(states.available_in_s(pod, min_ready_s, now) == 0 for pod in active),
    }
    status: Object = {
        "replicas": len(active),
        **{name: count for name, count in counts.items() if count},
        "terminatingReplicas": sum(states.is_terminating(pod) for pod in pods),
        "observedGeneration": replica_set["metadata"].get("generation", 1),
    }
    conditions = [
        entry for entry in (replica_set.get("status") or {}).get("conditions") or () if entry["type"] != _FAILURE
    ]
    if failure is not None:
        old = states.condition(replica_set, _FAILURE)
        since = old["lastTransitionTime"] if old else timestamp(now)
        words = {"reason": "FailedCreate", "message": failure}
        conditions.append({"type": _FAILURE, "status": "True", "lastTransitionTime": since, **words})
    return {**status, "conditions": conditions} if conditions else status


class ReplicaSets:
    """Observe, decide, act."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self._store = store
        self._control = PodControl(store, events, _BY)
        self._failures: dict[Key, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        sources = [
            (REPLICA_SETS, own_key),
            (PODS, owner_key("ReplicaSet")),
            (PODS, ownership.adopters(self._store, REPLICA_SETS)),
        ]
        await drive(self._store, sources, self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> float | None:
        """Make the pods of one ReplicaSet as many as it asks for."""
        found = self._store.find(REPLICA_SETS, *key)
        if found is None:
            return None
        pods = ownership.claim(self._store, found, PODS)
        failure = None
        if not states.is_marked(found):
            decision = decide(int(found["spec"].get("replicas", 1)), pods)
            if decision.create or decision.delete:
                failure = self._act(found, decision)
                pods = ownership.claim(self._store, found, PODS)
        now = datetime.now(UTC)

        def write(obj: Object) -> None:
            obj["status"] = status_of(obj, pods, now, failure)

        self._store.modify(REPLICA_SETS, *key, write)
        if failure is not None:
            self._failures[key] = self._failures.get(key, 0) + 1
            return min(_LONGEST_RETRY_S, 2.0 ** (self._failures[key] - 1))
        self._failures.pop(key, None)
        min_ready_s = found["spec"].get("minReadySeconds") or 0
        waits = [states.available_in_s(pod, min_ready_s, now) for pod in pods]
        return min((wait for wait in waits if wait), default=None)

    def _act(self, replica_set: Object, decision: Decision) -> str | None:
        """Make or delete; why making one failed, or None."""
        for _ in range(decision.create):
            pod = templates.stamp(replica_set, replica_set["spec"]["template"])
            if error := self._control.create(replica_set, pod):
                return str(error)
        for pod in decision.delete:
            self._control.delete(replica_set, pod)
        return None


def _later_first(at: str | None) -> float:
    return -states.instant(at).timestamp() if at else 0.0
