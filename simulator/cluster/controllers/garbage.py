"""Garbage collection: what is left without an owner goes, and an owner in foreground deletion waits for its own.

Kubernetes documentation "Garbage Collection" § Cascading deletion; the steps are those of the garbage collector
(pkg/controller/garbagecollector): dependents are collected when their owners are gone or wait for them, the finalizers
`orphan` and `foregroundDeletion` are worked off.
"""

import asyncio

from simulator.cluster import deleting
from simulator.cluster.controllers import ownership
from simulator.cluster.deleting import FOREGROUND, ORPHAN, DeleteOptions
from simulator.cluster.objects import states
from simulator.cluster.owners import Place
from simulator.cluster.resources import ALL, EVENTS, Resource
from simulator.cluster.store import Change, Object, Store

_KINDS = {resource.kind: resource for resource in ALL}


class Garbage:
    """Follows every kind but Event."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
        owners = meta.get("ownerReferences") or []
        before = (change.previous or {}).get("metadata", {}).get("ownerReferences") or []
        is_gone = change.type == "DELETED"
        if is_gone or states.is_marked(change.object):
            self._end(change, is_gone)
        if owners and (change.type == "ADDED" or owners != before):
            self._attend((change.resource, meta.get("namespace", ""), meta["name"]))
        for owner in before:
            if is_gone or owner not in owners:
                self._unblock(owner, meta.get("namespace", ""))

    def _end(self, change: Change, is_gone: bool) -> None:
        """An object is on its way out: what becomes of its dependents."""
        meta = change.object["metadata"]
        finalizers = meta.get("finalizers") or ()
        if is_gone or FOREGROUND in finalizers:
            for place in self._store.dependents(meta["uid"]):
                self._attend(place)
        elif ORPHAN in finalizers:
            for place in self._store.dependents(meta["uid"]):
                self._disown(place, {meta["uid"]})
        if not is_gone:
            self._work_off((change.resource, meta.get("namespace", ""), meta["name"]), meta["uid"])

    def _work_off(self, place: Place, uid: str) -> None:
        """Take off the collector's finalizers whose condition holds."""
        obj = self._store.find(*place)
        if obj is None or obj["metadata"]["uid"] != uid or not states.is_marked(obj):
            return
        finalizers = obj["metadata"].get("finalizers") or ()
        if ORPHAN in finalizers and not self._store.dependents(uid):
            deleting.drop_finalizer(self._store, place[0], obj, ORPHAN)
        elif FOREGROUND in finalizers and not any(self._blocks(each, uid) for each in self._store.dependents(uid)):
            deleting.drop_finalizer(self._store, place[0], obj, FOREGROUND)

    def _unblock(self, owner: Object, namespace: str) -> None:
        resource = _KINDS.get(owner["kind"])
        if resource is not None:
            self._work_off((resource, namespace if resource.is_namespaced else "", owner["name"]), owner["uid"])

    def _blocks(self, place: Place, uid: str) -> bool:
        obj = self._store.get(*place)
        return any(o["uid"] == uid and o.get("blockOwnerDeletion") for o in obj["metadata"]["ownerReferences"])

    def _attend(self, place: Place) -> None:
        """Delete an object none of whose owners lives on; one that keeps some forgets the others."""
        obj = self._store.find(*place)
        owners = (obj or {}).get("metadata", {}).get("ownerReferences") or []
        if obj is None or not owners or states.is_marked(obj):
            return
        found = [(owner["uid"], self._owner(owner, place[1])) for owner in owners]
        waiting = {uid for uid, owner in found if isinstance(owner, dict) and _is_in_foreground(owner)}
        dangling = {uid for uid, owner in found if owner is None}
        if len(waiting | dangling) < len(owners):
            if waiting | dangling:
                self._disown(place, waiting | dangling)
            return
        is_chained = bool(waiting) and bool(self._store.dependents(obj["metadata"]["uid"]))
        policy = "Foreground" if is_chained else deleting.policy_of(obj) or "Background"
        deleting.delete(self._store, *place, DeleteOptions(policy=policy, uid=obj["metadata"]["uid"]))

    def _disown(self, place: Place, uids: set[str]) -> None:
        owners = self._store.get(*place)["metadata"].get("ownerReferences") or ()
        self._store.modify(*place, ownership.owned_by([each for each in owners if each["uid"] not in uids]))

    def _owner(self, owner: Object, namespace: str) -> Object | bool | None:
        """The owner, None if it is gone, True if it is of a kind that this cluster does not know: not ours to judge."""
        resource = _KINDS.get(owner["kind"])
        if resource is None:
            return True
        found = self._store.find(resource, namespace if resource.is_namespaced else "", owner["name"])
        return found if found is not None and found["metadata"]["uid"] == owner["uid"] else None


def _is_in_foreground(obj: Object) -> bool:
    return states.is_marked(obj) and FOREGROUND in (obj["metadata"].get("finalizers") or ())
