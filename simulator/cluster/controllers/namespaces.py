"""Namespaces: one that is being deleted is emptied, then removed."""

from collections.abc import Iterable

from simulator.cluster import deleting
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.deleting import IN_BACKGROUND
from simulator.cluster.resources import (
    ALL,
    DAEMON_SETS,
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
)
from simulator.cluster.store import Change, Store

_FIRST = (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS)
"""Owners go first, so that nothing makes anew what was just deleted."""


class Namespaces:
    """Observe, decide, act."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        kinds = [resource for resource in ALL if resource.is_namespaced and resource != EVENTS]
        sources = [(NAMESPACES, own_key), *((resource, self._ending) for resource in kinds)]
        await drive(self._store, sources, self.reconcile, name="namespace-controller")

    def reconcile(self, key: Key) -> None:
        """Empty one namespace if it is ending; remove it once it is empty."""
        namespace = self._store.find(NAMESPACES, *key)
        if namespace is None or not namespace["metadata"].get("deletionTimestamp"):
            return
        name = key[1]
        others = [each for each in ALL if each.is_namespaced and each not in (*_FIRST, PODS)]
        for resource in (*_FIRST, PODS, *others):
            for obj in [each for each in self._store.list(resource, name) if not deleting.is_marked(each)]:
                deleting.delete(self._store, resource, name, obj["metadata"]["name"], IN_BACKGROUND)
        if not any(next(self._store.list(each, name), None) for each in ALL if each.is_namespaced):
            self._store.remove(NAMESPACES, *key)

    def _ending(self, change: Change) -> Iterable[Key]:
        name = change.object["metadata"].get("namespace", "")
        namespace = self._store.find(NAMESPACES, "", name)
        if namespace is not None and namespace["metadata"].get("deletionTimestamp"):
            yield "", name
