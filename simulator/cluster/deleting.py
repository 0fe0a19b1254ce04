"""Delete and evict: grace periods, finalizers, preconditions, orphans. No I/O beyond the store.

What is owned by a deleted object is collected by a controller (foreground deletion is served as background), and a
pod with a grace period is removed by the kubelet once its processes have ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.cluster import errors
from simulator.cluster.resources import ALL, Resource
from simulator.cluster.store import Object, Store

_PROTECTED = ("default", "kube-system", "kube-public")


@dataclass(frozen=True)
class DeleteOptions:
    """What a client may say about a deletion; `grace_s` None leaves it to the object."""

    grace_s: int | None = None
    is_orphaning: bool = False
    uid: str | None = None
    version: str | None = None
    is_dry_run: bool = False


def delete(store: Store, resource: Resource, namespace: str, name: str, options: DeleteOptions) -> Object:
    """Delete one object; returns what the API server answers: the object, or a Status of success."""
    obj = store.get(resource, namespace, name)
    _check(resource, obj, options)
    if not options.is_dry_run:
        if options.is_orphaning:
            _orphan(store, obj["metadata"]["uid"])
        if (grace_s := _wait_of(resource, obj, options)) is None:
            obj = store.remove(resource, namespace, name)
        else:
            obj = store.modify(resource, namespace, name, lambda draft: _mark(resource, draft, grace_s))
    if resource.kind in ("Pod", "Service", "Namespace") or _is_marked(obj):
        return obj
    return success(resource, obj)


def success(resource: Resource, obj: Object) -> Object:
    """The Status that follows a deletion."""
    meta = obj["metadata"]
    details: dict[str, Any] = {"name": meta["name"], "kind": resource.plural, "uid": meta["uid"]}
    if resource.group:
        details["group"] = resource.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _check(resource: Resource, obj: Object, options: DeleteOptions) -> None:
    meta = obj["metadata"]
    if options.uid is not None and options.uid != meta["uid"]:
        raise errors.conflicting_uid(resource.plural, meta["name"], options.uid, meta["uid"], resource.group)
    if options.version is not None and options.version != meta["resourceVersion"]:
        raise errors.conflict(resource.plural, meta["name"], resource.group)
    if resource.kind == "Namespace" and meta["name"] in _PROTECTED:
        raise errors.forbidden(resource.plural, meta["name"], "this namespace may not be deleted")


def _wait_of(resource: Resource, obj: Object, options: DeleteOptions) -> int | None:
    """Seconds for which the object stays marked as going; None if it goes at once."""
    has_finalizers = bool(obj["metadata"].get("finalizers"))
    if resource.kind == "Namespace":
        return 0
    if resource.kind != "Pod":
        return 0 if has_finalizers else None
    grace = options.grace_s
    if grace is None:
        grace = obj["spec"].get("terminationGracePeriodSeconds", 30)
    is_over = (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    if is_over or not obj["spec"].get("nodeName"):
        grace = 0
    held = obj["metadata"].get("deletionGracePeriodSeconds")
    grace = grace if held is None else min(grace, held)
    return grace if grace > 0 or has_finalizers else None


def _mark(resource: Resource, draft: Object, grace_s: int) -> Object:
    meta = draft["metadata"]
    held = meta.get("deletionGracePeriodSeconds")
    if not _is_marked(draft) or (held is not None and grace_s < held):
        end = datetime.now(UTC) + timedelta(seconds=grace_s)
        meta["deletionTimestamp"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        if resource.kind != "Namespace":
            meta["deletionGracePeriodSeconds"] = grace_s
    if resource.kind == "Namespace":
        draft["status"] = {**(draft.get("status") or {}), "phase": "Terminating"}
    return draft


def _is_marked(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def _orphan(store: Store, owner: str) -> None:
    """Take `owner` out of every ownerReference, in the same instant, so that nothing is collected with it."""
    for resource in ALL:
        for obj in list(store.list(resource)):
            meta = obj["metadata"]
            references = meta.get("ownerReferences") or []
            kept = [entry for entry in references if entry["uid"] != owner]
            if len(kept) != len(references):
                store.modify(resource, meta.get("namespace", ""), meta["name"], _with_owners(kept))


def _with_owners(kept: list[Object]) -> Callable[[Object], None]:
    def change(draft: Object) -> None:
        draft["metadata"].pop("ownerReferences", None)
        if kept:
            draft["metadata"]["ownerReferences"] = kept

    return change
