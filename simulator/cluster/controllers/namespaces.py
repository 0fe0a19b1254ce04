"""Namespaces: one that is being deleted is emptied, says what is left in it, then goes (pkg/controller/namespace)."""

from collections import Counter
from collections.abc import Iterable, Mapping

from simulator.cluster import deleting
from simulator.cluster.controllers.reconciling import Key, drive, own_key
from simulator.cluster.deleting import IN_BACKGROUND
from simulator.cluster.objects import states
from simulator.cluster.resources import (
    ALL,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Resource,
)
from simulator.cluster.store import Object, Store, timestamp

_FIRST = (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS, PODS)
"""Owners go first, so that nothing makes anew what was just deleted."""
_ORDER = (*_FIRST, *(each for each in ALL if each.is_namespaced and each not in _FIRST))
LOOK_S = 0.2
"""Seconds between looks at what is left: cheaper than a look for each of a thousand pods that go."""


class Namespaces:
    """Observe, decide, act."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        """Until cancelled."""
        await drive(self._store, [(NAMESPACES, own_key)], self.reconcile, name="namespace-controller")

    def reconcile(self, key: Key) -> float | None:
        """Empty one namespace if it is ending; remove it once it is empty."""
        namespace = self._store.find(NAMESPACES, *key)
        if namespace is None or not states.is_marked(namespace):
            return None
        for resource in _ORDER:
            for obj in [each for each in self._store.list(resource, key[1]) if not states.is_marked(each)]:
                deleting.delete(self._store, resource, key[1], obj["metadata"]["name"], IN_BACKGROUND)
        left = {resource: list(self._store.list(resource, key[1])) for resource in _ORDER}
        if not any(left.values()):
            self._store.remove(NAMESPACES, *key)
            return None
        at = timestamp()

        def write(draft: Object) -> None:
            draft["status"] = {**draft["status"], "conditions": conditions(draft, left, at)}

        self._store.modify(NAMESPACES, *key, write)
        return LOOK_S


def conditions(namespace: Object, left: Mapping[Resource, Iterable[Object]], at: str) -> list[Object]:
    """Pure: what holds a namespace up, in the namespace controller's words. `at` dates transitions."""
    found = {each: list(objects) for each, objects in left.items()}
    every = [obj for objects in found.values() for obj in objects]
    finalizers = Counter(name for obj in every for name in obj["metadata"].get("finalizers") or ())
    rest = [f"{each.plural}.{each.group} has {len(have)} resource instances" for each, have in found.items() if have]
    held = [f"{name} in {count} resource instances" for name, count in finalizers.items()]
    waits = f"Some content in the namespace has finalizers remaining: {', '.join(sorted(held))}"
    rows = (
        ("DeletionDiscoveryFailure", False, "ResourcesDiscovered", "All resources successfully discovered"),
        (
            "DeletionGroupVersionParsingFailure",
            False,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "DeletionContentFailure",
            False,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("ContentRemaining", True, "SomeResourcesRemain", f"Some resources are remaining: {', '.join(sorted(rest))}"),
        ("FinalizersRemaining", True, "SomeFinalizersRemain", waits)
        if held
        else (
            "FinalizersRemaining",
            False,
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        ),
    )
    return [
        _condition(namespace, {"type": f"Namespace{kind}", "status": str(truth), "reason": why, "message": words}, at)
        for kind, truth, why, words in rows
    ]


def _condition(namespace: Object, new: Object, at: str) -> Object:
    old = states.condition(namespace, new["type"])
    since = old["lastTransitionTime"] if old is not None and old["status"] == new["status"] else at
    return {**new, "lastTransitionTime": since}
