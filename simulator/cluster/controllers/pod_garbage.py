"""Pod garbage collection: pods of a node that is gone, which nobody else would ever end.

As kube-controller-manager's podgc: a node must have been gone for a while (40 s), because a Node that is deleted may
be registered again; then its pods are Failed and deleted without grace.
"""

import asyncio
from collections.abc import Iterable

from simulator.cluster import deleting
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.controllers.taint_eviction import disrupted
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.objects import states
from simulator.cluster.resources import NODES, PODS
from simulator.cluster.store import Change, Object, Store

_WORDS = ("DeletionByPodGC", "PodGC: node no longer exists")


class PodGarbage:
    """Observe, decide, act. Keys are nodes."""

    def __init__(self, store: Store, quarantine_s: float) -> None:
        self._store = store
        self._quarantine_s = quarantine_s
        self._gone: dict[str, float] = {}

    async def run(self) -> None:
        """Until cancelled."""
        await drive(
            self._store, [(NODES, own_key), (PODS, self._node_of)], self.reconcile, name="pod-garbage-collector"
        )

    def reconcile(self, key: Key) -> float | None:
        """Collect the pods of one node if it has been gone for long enough."""
        name = key[1]
        if self._store.find(NODES, "", name) is not None:
            self._gone.pop(name, None)
            return None
        now = asyncio.get_running_loop().time()
        left_s = self._gone.setdefault(name, now) + self._quarantine_s - now
        if left_s > 0:
            return left_s
        for pod in [pod for pod in self._store.list(PODS) if pod["spec"].get("nodeName") == name]:
            meta = pod["metadata"]
            if not states.is_over(pod):
                self._store.modify(PODS, meta["namespace"], meta["name"], _failed)
            deleting.delete(self._store, PODS, meta["namespace"], meta["name"], DeleteOptions(grace_s=0))
        return None

    def _node_of(self, change: Change) -> Iterable[Key]:
        name = change.object["spec"].get("nodeName")
        if name and change.type != "DELETED" and self._store.find(NODES, "", name) is None:
            yield "", name


def _failed(pod: Object) -> None:
    disrupted(pod, *_WORDS)
    pod["status"]["phase"] = "Failed"
