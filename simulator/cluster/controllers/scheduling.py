"""The scheduler: binds each pod to the node that `scheduler.choosing` gives it, or says why there is none."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cluster.controllers.reconciling import Key, drive
from simulator.cluster.event_log import EventLog
from simulator.cluster.objects import states
from simulator.cluster.resources import NAMESPACES, NODES, PERSISTENT_VOLUME_CLAIMS, PODS, STORAGE_CLASSES
from simulator.cluster.scheduler import volume_binding
from simulator.cluster.scheduler.choosing import Choice, choose, refused
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
        sources = [(NODES, self._node), (PODS, self._pod), (PERSISTENT_VOLUME_CLAIMS, self._claim)]
        await drive(self._store, sources, self.reconcile, name=NAME)

    def reconcile(self, key: Key) -> None:
        """Bind one pod, or say why it stays pending; a pod deleted before it was bound goes at once."""
        self._waiting.discard(key)
        self._waiting_for_pods.discard(key)
        pod = self._store.find(PODS, *key)
        if pod is None or pod["spec"].get("nodeName") or pod["spec"].get("schedulerName", NAME) != NAME:
            return
        if states.is_marked(pod):
            if not pod["metadata"].get("finalizers"):
                self._store.remove(PODS, *key)
            return
        if pod["spec"].get("schedulingGates"):
            self._say(key, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
            return
        choice = self._choose(pod)
        if choice.node is not None:
            if not self._ask_for_volumes(pod, choice.node):
                self._bind(key, choice.node)
            return
        self._waiting.add(key)
        if _looks_at_pods(pod["spec"]):
            self._waiting_for_pods.add(key)
        if self._say(key, "Unschedulable", choice.message):
            self._events.warning(pod, "FailedScheduling", choice.message, by=NAME)

    def _choose(self, pod: Object) -> Choice:
        why = volume_binding.obstacle(pod["spec"], self._claims_of(pod), self._class)
        return choose(pod, self._nodes) if why is None else refused(why, self._nodes)

    def _ask_for_volumes(self, pod: Object, node: str) -> bool:
        """Claims that waited for a node get their volumes now; True if there are any to wait for."""
        lacking = volume_binding.unbound(pod["spec"], self._claims_of(pod))
        for claim in lacking:
            meta = claim["metadata"]
            self._store.modify(PERSISTENT_VOLUME_CLAIMS, meta["namespace"], meta["name"], volume_binding.chosen(node))
        return bool(lacking)

    def _claims_of(self, pod: Object) -> volume_binding.Find:
        return lambda name: self._store.find(PERSISTENT_VOLUME_CLAIMS, pod["metadata"]["namespace"], name)

    def _class(self, name: str) -> Object | None:
        return self._store.find(STORAGE_CLASSES, "", name)

    def _claim(self, change: Change) -> Iterable[Key]:
        """Pods without a node that mount the claim."""
        meta = change.object["metadata"]
        for pod in self._store.list(PODS, meta["namespace"]):
            is_waiting = not pod["spec"].get("nodeName")
            if is_waiting and meta["name"] in volume_binding.claim_names(pod["spec"]):
                yield meta["namespace"], pod["metadata"]["name"]

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
    old = states.condition(pod, "PodScheduled")
    if old is not None and all(old.get(key) == value for key, value in new.items()):
        return
    is_same = old is not None and old["status"] == new["status"]
    at = old["lastTransitionTime"] if is_same and old is not None else timestamp()
    states.put_condition(status, {"type": "PodScheduled", "lastProbeTime": None, "lastTransitionTime": at, **new})
