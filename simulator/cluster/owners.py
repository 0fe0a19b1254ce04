"""Who depends on whom: an index over ownerReferences, so that no controller looks through a namespace for its own.

The store keeps it, and so it is never older than the objects. Costs one entry for each reference.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from simulator.cluster.resources import Resource

Place = tuple[Resource, str, str]
"""Resource, namespace, name."""


class OwnerIndex:
    """Places of objects by the uid of their owners, and of those that no controller has."""

    def __init__(self) -> None:
        self._dependents: dict[str, dict[Place, None]] = defaultdict(dict)
        self._free: dict[tuple[Resource, str], dict[str, None]] = defaultdict(dict)

    def move(self, place: Place, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> None:
        """The metadata at `place` was `old` and is `new`; None where there is no object."""
        before, after = _references(old), _references(new)
        if before == after and old is not None and new is not None:
            return
        for uid in _uids(before):
            self._dependents[uid].pop(place, None)
            if not self._dependents[uid]:
                del self._dependents[uid]
        for uid in _uids(after):
            self._dependents[uid][place] = None
        resource, namespace, name = place
        if new is not None and not any(entry.get("controller") for entry in after):
            self._free[resource, namespace][name] = None
        elif (free := self._free.get((resource, namespace))) is not None:
            free.pop(name, None)

    def dependents(self, uid: str) -> tuple[Place, ...]:
        """Every object that names `uid` as an owner; oldest first."""
        return tuple(self._dependents.get(uid, ()))

    def free(self, resource: Resource, namespace: str) -> tuple[str, ...]:
        """Names of the objects without a controller."""
        return tuple(self._free.get((resource, namespace), ()))


def _references(meta: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return (meta or {}).get("ownerReferences") or []


def _uids(references: list[dict[str, Any]]) -> set[str]:
    return {entry["uid"] for entry in references}
