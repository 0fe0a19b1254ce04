"""Objects in memory, with resource versions and watches.

Everything runs on one event loop and no method awaits, so each call is atomic. Objects are plain JSON values
in Kubernetes' shape. What goes in is copied; what comes out is shared and must not be changed by the caller:
to change an object, hand a function to `modify`.
"""

import asyncio
import random
import uuid
from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.cluster import errors
from simulator.cluster.owners import OwnerIndex, Place
from simulator.cluster.resources import EVENTS, Resource
from simulator.cluster.stored import Stored, copied, sharing

Object = dict[str, Any]
HISTORY = 10_000
SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' letters for generated names: no vowels, no look-alikes."""
_LONGEST_PREFIX = 58


@dataclass(frozen=True, slots=True)
class Change:
    """One write: `type` is ADDED, MODIFIED or DELETED, as watches send it."""

    version: int
    type: str
    resource: Resource
    object: Object
    previous: Object | None


Plugin = Callable[[Resource, Object], None]
"""Looks at a new object before it is stored; may complete it, or refuse it with `ApiError`."""


class Watch:
    """Changes of one resource from a version on; an async iterator that its owner closes."""

    def __init__(self, store: "Store", resource: Resource, backlog: list[Change], most_pending: int | None) -> None:
        self._store = store
        self.resource = resource
        self.is_behind = False
        """Whether more changes came than may wait: the watch has ended, and what waited is dropped."""
        self._most_pending = most_pending
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()
        for change in backlog:
            self._queue.put_nowait(change)

    def push(self, change: Change) -> None:
        """Called by the store only."""
        if self._most_pending is not None and self._queue.qsize() >= self._most_pending:
            self.is_behind = True
            self._queue = asyncio.Queue()
            self.close()
            return
        self._queue.put_nowait(change)

    @property
    def has_pending(self) -> bool:
        """Whether a change waits to be read."""
        return not self._queue.empty()

    def close(self) -> None:
        """End the watch; a waiting reader is released."""
        self._store.forget(self)
        self._queue.put_nowait(None)

    def __aiter__(self) -> "Watch":
        return self

    async def __anext__(self) -> Change:
        change = await self._queue.get()
        if change is None:
            raise StopAsyncIteration
        return change


class Store:
    """All objects of one cluster."""

    def __init__(self) -> None:
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._keys: dict[Resource, list[tuple[str, str]]] = {}  # sorted
        self._newest: dict[Resource, Object] = {}
        self._version = 0
        self._history: deque[Change] = deque(maxlen=HISTORY)
        self._watches: defaultdict[Resource, dict[Watch, None]] = defaultdict(dict)
        self._owners = OwnerIndex()
        self.plugins: list[Plugin] = []

    @property
    def version(self) -> int:
        """The resourceVersion of a list taken now."""
        return self._version

    @property
    def open_watches(self) -> int:
        """How many watches were not closed yet."""
        return sum(map(len, self._watches.values()))

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """The object, or `ApiError` 404. `namespace` is "" for cluster-wide kinds."""
        found = self.find(resource, namespace, name)
        if found is None:
            raise errors.not_found(resource.plural, name, resource.group)
        return found

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object or None."""
        return self._objects.get(resource, {}).get((namespace, name))

    def list(self, resource: Resource, namespace: str | None = None) -> Iterator[Object]:
        """All objects of a kind in order of namespace and name; `None` means every namespace."""
        table, keys = self._objects.get(resource, {}), self._keys.get(resource, [])
        if namespace is None:
            first, end = 0, len(keys)
        else:
            first, end = bisect_left(keys, (namespace, "")), bisect_left(keys, (f"{namespace}\0", ""))
        for key in keys[first:end]:
            yield table[key]

    def list_at(self, resource: Resource, namespace: str | None, version: int) -> Iterator[Object]:
        """The same as it was at an earlier version; `ApiError` 410 if history does not reach back so far."""
        if version == self._version:
            yield from self.list(resource, namespace)
            return
        if self.oldest > version:
            raise errors.ApiError(410, "Expired", "The resourceVersion for the provided list is too old.")
        table = dict(self._objects.get(resource, {}))
        for change in reversed(self._history):
            if change.version <= version:
                break
            if change.resource == resource:
                meta = change.object["metadata"]
                key = (meta.get("namespace", ""), meta["name"])
                if change.previous is None:
                    del table[key]
                else:
                    table[key] = change.previous
        for key in sorted(table):
            if namespace is None or key[0] == namespace:
                yield table[key]

    @property
    def oldest(self) -> int:
        """The earliest version that history still knows."""
        return self._history[0].version - 1 if self._history else self._version

    def dependents(self, uid: str) -> tuple[Place, ...]:
        """Resource, namespace and name of every object that has `uid` among its ownerReferences."""
        return self._owners.dependents(uid)

    def controlled(self, resource: Resource, uid: str) -> tuple[Object, ...]:
        """The objects of a kind whose controller has `uid`, by name."""
        owned = (self._objects[resource][place[1:]] for place in self.dependents(uid) if place[0] == resource)
        mine = [obj for obj in owned if any(_controls(uid, entry) for entry in obj["metadata"]["ownerReferences"])]
        return tuple(sorted(mine, key=lambda obj: str(obj["metadata"]["name"])))

    def uncontrolled(self, resource: Resource, namespace: str) -> tuple[Object, ...]:
        """The objects of a kind and namespace that have no controller, by name. Events are not followed."""
        names = sorted(self._owners.free(resource, namespace))
        return tuple(self._objects[resource][namespace, name] for name in names)

    def create(self, resource: Resource, obj: Object) -> Object:
        """Store a new object: fills uid, creationTimestamp, resourceVersion. `ApiError` 409 if it exists."""
        obj = self.rehearse(resource, obj)
        key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        obj = sharing(obj, self._newest.get(resource, {}))  # the pods of a template are alike
        self._newest[resource] = created = self._write("ADDED", resource, key, obj, None)
        return created

    def rehearse(self, resource: Resource, obj: Object) -> Object:
        """What `create` would store, without a resourceVersion."""
        obj = copied(obj)
        meta = obj.setdefault("metadata", {})
        obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
        for admit in self.plugins:
            admit(resource, obj)
        self.identify(resource, meta)
        if (meta.get("namespace", ""), meta["name"]) in self._objects.get(resource, {}):
            raise errors.already_exists(resource.plural, meta["name"], resource.group)
        meta["creationTimestamp"] = timestamp()
        if "spec" in obj:
            meta["generation"] = 1
        return obj

    def identify(self, resource: Resource, meta: Object) -> None:
        """Give metadata a uid, and a free name if it asks for one by generateName. In place; may be repeated."""
        meta.setdefault("uid", str(uuid.uuid4()))
        table, namespace = self._objects.get(resource, {}), meta.get("namespace", "")
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = generated(meta["generateName"])
            while (namespace, meta["name"]) in table:
                meta["name"] = generated(meta["generateName"])

    def modify(
        self, resource: Resource, namespace: str, name: str, change: Callable[[Object], Object | None]
    ) -> Object:
        """Read, change, write. `change` gets a copy and may edit it in place or return a new one.

        A copy that carries another resourceVersion than the stored one is refused with `ApiError` 409. If
        nothing changed, nothing is written: no event or version. `metadata.generation` grows with `spec`.
        """
        old = self.get(resource, namespace, name)
        draft = copied(old)
        new = change(draft) or draft
        meta = new.setdefault("metadata", {})
        if meta.get("resourceVersion") not in (None, "", old["metadata"]["resourceVersion"]):
            raise errors.conflict(resource.plural, name, resource.group)
        for fixed in ("uid", "creationTimestamp", "resourceVersion", "name", "namespace"):
            if fixed in old["metadata"]:
                meta[fixed] = old["metadata"][fixed]
        new["apiVersion"], new["kind"] = old["apiVersion"], old["kind"]
        if new == old:
            return old
        if "spec" in new and new.get("spec") != old.get("spec"):
            meta["generation"] = old["metadata"].get("generation", 0) + 1
        elif "generation" in old["metadata"]:
            meta["generation"] = old["metadata"]["generation"]
        return self._write("MODIFIED", resource, (namespace, name), sharing(new, old), old)

    def remove(self, resource: Resource, namespace: str, name: str) -> Object:
        """Take the object out at once (graceful deletion is the API's and the kubelet's business)."""
        old = self.get(resource, namespace, name)
        return self._write("DELETED", resource, (namespace, name), old, old)

    def watch(self, resource: Resource, since: int | None = None, most_pending: int | None = None) -> Watch:
        """Changes after version `since` (None: from now on). `ApiError` 410 if history is too short.

        A watch with more than `most_pending` changes that nobody read ends, so that it holds no memory.
        """
        backlog: list[Change] = []
        if since is not None and since < self._version:
            if since < self.oldest:
                raise errors.expired(since, self.oldest)
            backlog = [c for c in self._history if c.version > since and c.resource == resource]
        watch = Watch(self, resource, backlog, most_pending)
        self._watches[resource][watch] = None
        return watch

    def forget(self, watch: Watch) -> None:
        """Called by `Watch.close`."""
        self._watches[watch.resource].pop(watch, None)

    def _write(self, kind: str, resource: Resource, key: tuple[str, str], obj: Object, old: Object | None) -> Object:
        self._version += 1
        obj = Stored(obj)
        obj["metadata"] = {**obj["metadata"], "resourceVersion": str(self._version)}
        table, keys = self._objects.setdefault(resource, {}), self._keys.setdefault(resource, [])
        if kind == "DELETED":
            del table[key]
            del keys[bisect_left(keys, key)]
        else:
            table[key] = obj
        if kind == "ADDED":
            insort(keys, key)
        if resource != EVENTS:
            before, after = old and old["metadata"], None if kind == "DELETED" else obj["metadata"]
            self._owners.move((resource, *key), before, after)
        if isinstance(old, Stored):
            old.cells = None
        change = Change(self._version, kind, resource, obj, old)
        self._history.append(change)
        for watch in tuple(self._watches[resource]):
            watch.push(change)
        return obj


def generated(prefix: str) -> str:
    """A name that is probably free (apiserver/pkg/storage/names): five signs that spell no word."""
    return prefix[:_LONGEST_PREFIX] + "".join(random.choices(SAFE_LETTERS, k=5))


def _controls(uid: str, reference: Object) -> bool:
    return reference["uid"] == uid and bool(reference.get("controller"))


def asked_name(obj: Object) -> str:
    """What a new object is called in refusals: the start of its name where the rest is made up."""
    meta = obj["metadata"]
    return str(meta.get("generateName") or meta.get("name", ""))


def timestamp(at: datetime | None = None) -> str:
    """An instant in UTC, or now, as Kubernetes writes it (RFC 3339, whole seconds, Z)."""
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
