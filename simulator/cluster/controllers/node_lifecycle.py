"""The node lifecycle controller: a silent node becomes Unknown, is tainted, and its pods are not ready.

As kube-controller-manager's nodelifecycle: a node's lease and the heartbeat of its status both count as its word, and
its silence is measured in time in which we could have heard it (`Attention`). All nodes form one zone: while none of
them is ready, or while more than half of at least three are not, nothing is evicted, because then it is the control
plane that has to be doubted.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cluster.controllers.attention import Attention
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.event_log import EventLog
from simulator.cluster.kubelet.nodes.reporting import LEASE_NAMESPACE
from simulator.cluster.kubelet.nodes.times import NodeTimes
from simulator.cluster.objects import states
from simulator.cluster.resources import LEASES, NODES, PODS
from simulator.cluster.store import Change, Object, Store, timestamp

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_BY = "node-controller"
_CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_BY_CONDITION = {
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
}
_OURS = {*_BY_CONDITION.values(), UNSCHEDULABLE}

Taints = list[dict[str, Any]]


def taints(node: Object, at: str, *, may_evict: bool) -> Taints:
    """Pure: the node's taints with those of this controller set right; `at` dates new ones."""
    have: Taints = list(node["spec"].get("taints") or ())
    conditions = states.truths(node)
    wanted = [
        {"key": key, "effect": "NoSchedule"}
        for condition, key in _BY_CONDITION.items()
        if conditions.get(condition[0]) == condition[1]
    ]
    if node["spec"].get("unschedulable"):
        wanted.append({"key": UNSCHEDULABLE, "effect": "NoSchedule"})
    state = _BY_CONDITION.get(("Ready", conditions.get("Ready", "")))
    if state and may_evict:
        wanted.append({"key": state, "effect": "NoExecute"})
    if "Ready" not in conditions:  # it has never reported: what its creation put there stays
        wanted += [t for t in have if t["key"] == NOT_READY]
    names = {(t["key"], t["effect"]) for t in wanted}
    kept = [t for t in have if t["key"] not in _OURS or (t["key"], t["effect"]) in names]
    held = {(t["key"], t["effect"]) for t in kept}
    return kept + [{**t, "timeAdded": at} for t in wanted if (t["key"], t["effect"]) not in held]


def unknown(node: Object, at: str) -> list[Object]:
    """Pure: the conditions of a node that has stopped reporting, or never began."""
    have = {c["type"]: c for c in (node.get("status") or {}).get("conditions") or ()}
    result = [c for kind, c in have.items() if kind not in _CONDITIONS]
    for kind in _CONDITIONS:
        old = have.get(kind)
        if old is not None and old["status"] == "Unknown":
            result.append(old)
            continue
        words = ("NodeStatusUnknown", "Kubelet stopped posting node status.")
        if old is None:
            words = ("NodeStatusNeverUpdated", "Kubelet never posted node status.")
        heartbeat = old["lastHeartbeatTime"] if old else node["metadata"].get("creationTimestamp", at)
        result.append(
            {
                "type": kind,
                "status": "Unknown",
                "reason": words[0],
                "message": words[1],
                "lastHeartbeatTime": heartbeat,
                "lastTransitionTime": at,
            }
        )
    return result


def may_evict(nodes: Iterable[Object]) -> bool:
    """Pure: whether enough nodes are ready that the silent ones may be taken for broken."""
    known = [found["status"] for node in nodes if (found := states.condition(node, "Ready"))]
    ready = known.count("True")
    silent = len(known) - ready
    if not ready:
        return False
    return not (silent > 2 and silent / len(known) >= 0.55)


class NodeLifecycle:
    """Observe, decide, act."""

    def __init__(self, store: Store, events: EventLog, times: NodeTimes) -> None:
        self._store = store
        self._events = events
        self._times = times
        self._attention = Attention()
        self._heard: dict[str, tuple[Any, float]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._attention.run())
            group.create_task(drive(self._store, [(NODES, self._nodes), (LEASES, _node_of)], self.reconcile, name=_BY))

    def reconcile(self, key: Key) -> float | None:
        """Judge one node; asks to be called again when its grace is over."""
        name = key[1]
        node = self._store.find(NODES, "", name)
        if node is None:
            if self._heard.pop(name, None):
                gone = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": name}}
                message = f"Node {name} event: Removing Node {name} from Controller"
                self._events.normal(gone, "RemovingNode", message, by=_BY)
            return None
        left_s = self._left_s(node)
        if left_s <= 0:
            node = self._silence(node)
        self._taint(node)
        return left_s if left_s > 0 else None

    def _left_s(self, node: Object) -> float:
        """Seconds of grace that are left to a node since it was last heard of."""
        name, now = node["metadata"]["name"], self._attention.now()
        lease = self._store.find(LEASES, LEASE_NAMESPACE, name)
        ready = states.condition(node, "Ready")
        word = (lease and lease["spec"].get("renewTime"), ready and ready["lastHeartbeatTime"])
        known = self._heard.get(name)
        if known is None:
            message = f"Node {name} event: Registered Node {name} in Controller"
            self._events.normal(node, "RegisteredNode", message, by=_BY)
        if known is None or known[0] != word:
            known = self._heard[name] = (word, now)
        grace_s = self._times.grace_s if any(word) else self._times.startup_grace_s
        return known[1] + grace_s - now

    def _silence(self, node: Object) -> Object:
        was = states.condition(node, "Ready")
        if was is not None and was["status"] == "Unknown":
            return node
        name, at = node["metadata"]["name"], timestamp()

        def write(draft: Object) -> None:
            draft.setdefault("status", {})["conditions"] = unknown(draft, at)

        written = self._store.modify(NODES, "", name, write)
        if was is not None:
            self._events.normal(written, "NodeNotReady", f"Node {name} status is now: NodeNotReady", by=_BY)
            self._unready_pods(name)
        return written

    def _taint(self, node: Object) -> None:
        is_evicting, at = may_evict(self._store.list(NODES)), timestamp()

        def write(draft: Object) -> None:
            wanted = taints(draft, at, may_evict=is_evicting)
            draft["spec"].pop("taints", None)
            if wanted:
                draft["spec"]["taints"] = wanted

        self._store.modify(NODES, "", node["metadata"]["name"], write)

    def _unready_pods(self, name: str) -> None:
        for pod in [pod for pod in self._store.list(PODS) if pod["spec"].get("nodeName") == name]:
            if not states.is_ready(pod):
                continue
            self._events.warning(pod, "NodeNotReady", "Node is not ready", by=_BY)
            self._store.modify(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"], _unready)

    def _nodes(self, change: Change) -> Iterable[Key]:
        """The node itself; all of them where one became ready or stopped being so, for they are judged together."""
        yield from own_key(change)
        if _truth(change.object) != _truth(change.previous) or change.type == "DELETED":
            yield from (("", node["metadata"]["name"]) for node in self._store.list(NODES))


def _node_of(change: Change) -> Iterable[Key]:
    meta = change.object["metadata"]
    return [("", meta["name"])] if meta.get("namespace") == LEASE_NAMESPACE else []


def _truth(node: Mapping[str, Any] | None) -> str:
    found = states.condition(dict(node), "Ready") if node else None
    return found["status"] if found else ""


def _unready(pod: Object) -> None:
    ready = states.condition(pod, "Ready")
    if ready is not None and ready["status"] == "True":
        ready.update(status="False", lastTransitionTime=timestamp())
