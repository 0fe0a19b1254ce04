"""The taint eviction controller: pods leave a node with NoExecute taints as soon as their tolerations end.

tolerationSeconds are Kubernetes' time, so they run on the drill clock.
"""

import asyncio
from collections.abc import Iterable

from simulator.cluster import deleting
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.event_log import EventLog
from simulator.cluster.objects import states, tolerations
from simulator.cluster.resources import NODES, PODS
from simulator.cluster.store import Change, Object, Store, timestamp

_BY = "taint-eviction-controller"


class TaintEviction:
    """Observe, decide, act."""

    def __init__(self, store: Store, events: EventLog, clock: float) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._since: dict[Key, tuple[str, float]] = {}  # by pod: its uid, and when its node was tainted

    async def run(self) -> None:
        """Until cancelled."""
        await drive(self._store, [(PODS, own_key), (NODES, self._pods_of)], self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> float | None:
        """Evict one pod if its time is over; else how many seconds it has left."""
        pod = self._store.find(PODS, *key)
        node = self._store.find(NODES, "", pod["spec"].get("nodeName", "")) if pod is not None else None
        taints = [t for t in (node["spec"].get("taints") or ()) if t["effect"] == "NoExecute"] if node else []
        if pod is None or not taints or not states.is_active(pod):
            self._cancel(key, pod)
            return None
        stay_s = tolerations.stay_s(pod["spec"].get("tolerations") or (), taints)
        if stay_s is None:
            self._cancel(key, pod)
            return None
        now, uid = asyncio.get_running_loop().time(), pod["metadata"]["uid"]
        if self._since.get(key, ("", 0))[0] != uid:
            self._since[key] = (uid, now)
        left_s = self._since[key][1] + stay_s / self._clock - now
        if left_s > 0:
            return left_s
        del self._since[key]
        self._evict(key, pod)
        return None

    def _evict(self, key: Key, pod: Object) -> None:
        self._events.normal(pod, "TaintManagerEviction", f"Marking for deletion Pod {'/'.join(key)}", by=_BY)
        words = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
        self._store.modify(PODS, *key, lambda draft: disrupted(draft, *words))
        deleting.delete(self._store, PODS, *key, DeleteOptions(uid=pod["metadata"]["uid"]))

    def _cancel(self, key: Key, pod: Object | None) -> None:
        if self._since.pop(key, None) and pod is not None and states.is_active(pod):
            self._events.normal(pod, "TaintManagerEviction", f"Cancelling deletion of Pod {'/'.join(key)}", by=_BY)

    def _pods_of(self, change: Change) -> Iterable[Key]:
        before = (change.previous or {"spec": {}})["spec"].get("taints")
        if change.type != "DELETED" and change.object["spec"].get("taints") != before:
            name = change.object["metadata"]["name"]
            for pod in self._store.list(PODS):
                if pod["spec"].get("nodeName") == name:
                    yield pod["metadata"]["namespace"], pod["metadata"]["name"]


def disrupted(pod: Object, reason: str, message: str) -> None:
    """Put the condition DisruptionTarget on a pod."""
    status = pod.setdefault("status", {})
    new = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": timestamp(),
        "reason": reason,
        "message": message,
    }
    states.put_condition(status, new)
