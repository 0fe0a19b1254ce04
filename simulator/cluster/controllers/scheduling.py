"""The scheduler: binds each pod to the node that `scheduler.choosing` gives it, or says why there is none."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cluster.controllers.reconciling import Key, drive
from simulator.cluster.event_log import EventLog
from simulator.cluster.resources import NAMESPACES, NODES, PODS
from simulator.cluster.scheduler.choosing import choose
from simulator.cluster.scheduler.node_info import Nodes
from simulator.cluster.store import Change, Object, Store, timestamp

NAME = "default-scheduler"


class Scheduling:
    """Observe, decide, act. Pods that wait are tried again when a node changes or another pod lets go of something."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self._store = store
        self._events = events
        self._nodes = Nodes(self._namespace_labels)
        self._waiting: set[Key] = set()
        self._waiting_for_pods: set[Key] = set()

    async def run(self) -> None:
        """Until cancelled."""
        await drive(self._store, [(NODES, self._node), (PODS, self._pod)], self.reconcile, name=NAME)

    def reconcile(self, key: Key) -> None:
        """Bind one pod, or say why it stays pending; a pod deleted before it was bound goes at once."""
        self._waiting.discard(key)
        self._waiting_for_pods.discard(key)
        pod = self._store.find(PODS, *key)
        if pod is None or pod["spec"].get("nodeName") or pod["spec"].get("schedulerName", NAME) != NAME:
            return
        if pod["metadata"].get("deletionTimestamp"):
            if not pod["metadata"].get("finalizers"):
                self._store.remove(PODS, *key)
            return
        if pod["spec"].get("schedulingGates"):
            self._say(key, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
            return
        choice = choose(pod, self._nodes)
        if choice.node is not None:
            self._bind(key, choice.node)
            return
        self._waiting.add(key)
        if _looks_at_pods(pod["spec"]):
            self._waiting_for_pods.add(key)
        if self._say(key, "Unschedulable", choice.message):
            self._events.warning(pod, "FailedScheduling", choice.message, by=NAME)

    def _bind(self, key: Key, node: str) -> None:
        def write(draft: Object) -> None:
            draft["spec"]["nodeName"] = node
            _set_scheduled(draft, {"status": "True"})

        bound = self._store.modify(PODS, *key, write)
        self._nodes.put(bound)
        self._events.normal(bound, "Scheduled", f"Successfully assigned {'/'.join(key)} to {node}", by=NAME)

    def _say(self, key: Key, reason: str, message: str) -> bool:
        """Write why the pod waits; False if that was said already."""
        before = self._store.get(PODS, *key)
        new = {"status": "False", "reason": reason, "message": message}
        return self._store.modify(PODS, *key, lambda draft: _set_scheduled(draft, new)) is not before

    def _node(self, change: Change) -> Iterable[Key]:
        if change.type == "DELETED":
            self._nodes.drop_node(change.object["metadata"]["name"])
            return list(self._waiting)
        if change.previous is not None and _relevant(change.object) == _relevant(change.previous):
            return []
        self._nodes.put_node(change.object)
        return list(self._waiting)

    def _pod(self, change: Change) -> Iterable[Key]:
        pod, meta = change.object, change.object["metadata"]
        is_gone = change.type == "DELETED"
        is_room = self._nodes.drop(meta["uid"]) if is_gone else self._nodes.put(pod)
        own = [] if is_gone or pod["spec"].get("nodeName") else [(meta["namespace"], meta["name"])]
        if is_room:
            return [*own, *self._waiting]
        was_bound = bool(((change.previous or {}).get("spec") or {}).get("nodeName"))
        return own if own or was_bound else list(self._waiting_for_pods)

    def _namespace_labels(self, name: str) -> Mapping[str, str]:
        found = self._store.find(NAMESPACES, "", name)
        return (found["metadata"].get("labels") or {}) if found else {}


def _relevant(node: Object) -> tuple[Any, ...]:
    """What a heartbeat does not change."""
    return node["spec"], node["metadata"].get("labels"), (node.get("status") or {}).get("allocatable")


def _looks_at_pods(spec: Mapping[str, Any]) -> bool:
    affinity = spec.get("affinity") or {}
    return bool(affinity.get("podAffinity") or spec.get("topologySpreadConstraints"))


def _set_scheduled(pod: Object, new: Mapping[str, Any]) -> None:
    status = pod.setdefault("status", {})
    status.setdefault("phase", "Pending")
    conditions = status.setdefault("conditions", [])
    old = next((entry for entry in conditions if entry["type"] == "PodScheduled"), None)
    if old is not None and all(old.get(key) == value for key, value in new.items()):
        return
    is_same = old is not None and old["status"] == new["status"]
    at = old["lastTransitionTime"] if is_same and old is not None else timestamp()
    entry = {"type": "PodScheduled", "lastProbeTime": None, "lastTransitionTime": at, **new}
    status["conditions"] = [each for each in conditions if each["type"] != "PodScheduled"] + [entry]
