"""Delete and evict: grace periods, finalizers, preconditions. No I/O beyond the store.

The policies Orphan and Foreground become finalizers that the garbage collector works off; a pod with a grace period is
removed by the kubelet once its processes have ended.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.cluster import errors
from simulator.cluster.objects import states
from simulator.cluster.resources import PODS, Resource
from simulator.cluster.store import Object, Store, timestamp

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
_BY_POLICY = {"Orphan": [ORPHAN], "Foreground": [FOREGROUND], "Background": list[str]()}
_PROTECTED = ("default", "kube-system", "kube-public")


@dataclass(frozen=True)
class DeleteOptions:
    """What a client may say about a deletion; `grace_s` and `policy` None leave it to the object."""

    grace_s: int | None = None
    policy: str | None = None
    uid: str | None = None
    version: str | None = None
    is_dry_run: bool = False


IN_BACKGROUND = DeleteOptions(policy="Background")


def delete(store: Store, resource: Resource, namespace: str, name: str, options: DeleteOptions) -> Object:
    """Delete one object; returns what the API server answers: the object, or a Status of success."""
    obj = store.get(resource, namespace, name)
    _check(resource, obj, options)
    if not options.is_dry_run:
        finalizers = _finalizers(resource, obj, options)
        if (grace_s := _wait_of(resource, obj, options, finalizers)) is None:
            obj = store.remove(resource, namespace, name)
        else:
            obj = store.modify(resource, namespace, name, lambda draft: _mark(resource, draft, grace_s, finalizers))
    if resource.kind in (
        "Pod",
        "Service",
        "Namespace",
        "PersistentVolumeClaim",
        "PersistentVolume",
    ) or states.is_marked(obj):
        return obj
    return success(resource, obj)


def finish(store: Store, namespace: str, name: str) -> None:
    """A marked pod's processes have ended: it goes, or waits for its finalizers alone."""

    def at_once(draft: Object) -> None:
        draft["metadata"]["deletionGracePeriodSeconds"] = 0

    if store.get(PODS, namespace, name)["metadata"].get("finalizers"):
        store.modify(PODS, namespace, name, at_once)
    else:
        store.remove(PODS, namespace, name)


def drop_finalizer(store: Store, resource: Resource, obj: Object, finalizer: str) -> None:
    """Take a finalizer off; an object that waited for it alone is gone after that."""
    meta = obj["metadata"]

    def without(draft: Object) -> None:
        kept = [entry for entry in draft["metadata"].get("finalizers") or () if entry != finalizer]
        draft["metadata"].pop("finalizers", None)
        if kept:
            draft["metadata"]["finalizers"] = kept

    namespace = meta.get("namespace", "")
    after = store.modify(resource, namespace, meta["name"], without)
    if is_released(resource, meta, after["metadata"]):
        store.remove(resource, namespace, meta["name"])


def is_released(resource: Resource, before: Object, after: Object) -> bool:
    """Whether the last finalizer of an object that is to go has just been taken off; both are its metadata."""
    waits = before.get("deletionTimestamp") and before.get("finalizers") and not after.get("finalizers")
    return bool(waits) and (resource.kind != "Pod" or not before.get("deletionGracePeriodSeconds"))


def policy_of(obj: Object) -> str | None:
    """The policy that the object's finalizers stand for."""
    finalizers = obj["metadata"].get("finalizers") or ()
    return "Orphan" if ORPHAN in finalizers else "Foreground" if FOREGROUND in finalizers else None


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


def _finalizers(resource: Resource, obj: Object, options: DeleteOptions) -> list[str]:
    """The object's own, and the one that stands for the policy; a Job's pods stay by default (batch/v1)."""
    default = "Orphan" if resource.kind == "Job" else "Background"
    policy = options.policy or policy_of(obj) or default
    kept = [entry for entry in obj["metadata"].get("finalizers") or () if entry not in (ORPHAN, FOREGROUND)]
    return [*kept, *_BY_POLICY[policy]]


def _wait_of(resource: Resource, obj: Object, options: DeleteOptions, finalizers: list[str]) -> int | None:
    """Seconds for which the object stays marked as going; None if it goes at once."""
    has_finalizers = bool(finalizers)
    if resource.kind == "Namespace":
        return 0
    if resource.kind != "Pod":
        return 0 if has_finalizers else None
    grace = options.grace_s
    if grace is None:
        grace = obj["spec"].get("terminationGracePeriodSeconds", 30)
    if states.is_over(obj) or not obj["spec"].get("nodeName"):
        grace = 0
    held = obj["metadata"].get("deletionGracePeriodSeconds")
    grace = grace if held is None else min(grace, held)
    return grace if grace > 0 or has_finalizers else None


def _mark(resource: Resource, draft: Object, grace_s: int, finalizers: list[str]) -> Object:
    meta = draft["metadata"]
    meta.pop("finalizers", None)
    if finalizers:
        meta["finalizers"] = finalizers
    held = meta.get("deletionGracePeriodSeconds")
    if not states.is_marked(draft) or (held is not None and grace_s < held):
        end = datetime.now(UTC) + timedelta(seconds=grace_s)
        meta["deletionTimestamp"] = timestamp(end)
        if resource.kind != "Namespace":
            meta["deletionGracePeriodSeconds"] = grace_s
    if resource.kind == "Namespace":
        draft["status"] = {**(draft.get("status") or {}), "phase": "Terminating"}
    return draft
