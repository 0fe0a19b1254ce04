"""Garbage collection: what is left without an owner goes.

Kubernetes documentation "Garbage Collection" § Cascading deletion. With the policy Orphan the API has already taken
the owner out of its dependents, and foreground deletion is done as background deletion.
"""

import asyncio
from collections import defaultdict

from simulator.cluster import deleting
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.resources import ALL, EVENTS, Resource
from simulator.cluster.store import Change, Object, Store

Place = tuple[Resource, str, str]
"""Resource, namespace, name."""
_KINDS = {resource.kind: resource for resource in ALL}


class Garbage:
    """Follows every kind but Event, and knows what depends on whom."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dependents: dict[str, set[Place]] = defaultdict(set)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for resource in ALL:
                if resource != EVENTS:
                    group.create_task(self._follow(resource))

    async def _follow(self, resource: Resource) -> None:
        watch = self._store.watch(resource, 0)
        try:
            async for change in watch:
                self._take(change)
        finally:
            watch.close()

    def _take(self, change: Change) -> None:
        meta = change.object["metadata"]
        place = (change.resource, meta.get("namespace", ""), meta["name"])
        owners = meta.get("ownerReferences") or ()
        if change.type == "DELETED":
            for owner in owners:
                self._dependents[owner["uid"]].discard(place)
            for dependent in sorted(self._dependents.pop(meta["uid"], ()), key=str):
                self._collect(dependent)
            return
        for owner in owners:
            self._dependents[owner["uid"]].add(place)
        if owners and change.type == "ADDED":
            self._collect(place)

    def _collect(self, place: Place) -> None:
        """Delete an object that has owners, none of which lives."""
        obj = self._store.find(*place)
        if obj is None:
            return
        owners = obj["metadata"].get("ownerReferences") or ()
        if owners and not any(self._lives(owner, place[1]) for owner in owners):
            deleting.delete(self._store, *place, DeleteOptions(uid=obj["metadata"]["uid"]))

    def _lives(self, owner: Object, namespace: str) -> bool:
        resource = _KINDS.get(owner["kind"])
        if resource is None:
            return True  # of a kind that this cluster does not know: not ours to judge
        found = self._store.find(resource, namespace if resource.is_namespaced else "", owner["name"])
        return found is not None and found["metadata"]["uid"] == owner["uid"]
