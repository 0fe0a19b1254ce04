"""Pods out of a workload's template. Pure."""

from collections.abc import Mapping
from typing import Any

from simulator.cluster.controllers import ownership
from simulator.cluster.store import Object

REVISION = "controller-revision-hash"
"""The label that names the ControllerRevision of a pod's template: by its name or, for a DaemonSet, by its hash."""


def stamp(owner: Object, template: Mapping[str, Any], name: str | None = None, *, infix: str = "") -> Object:
    """A pod that `owner` controls; without a name the store gives it the owner's with `infix` and five letters.

    Its metadata and the upper level of its spec are the caller's to change.
    """
    meta = template.get("metadata") or {}
    base = f"{owner['metadata']['name']}-{infix}"
    made: Object = {key: dict(meta[key]) for key in ("labels", "annotations") if meta.get(key)}
    if meta.get("finalizers"):
        made["finalizers"] = list(meta["finalizers"])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **made,
            **({"name": name} if name else {}),
            "generateName": base,
            "namespace": owner["metadata"]["namespace"],
            "ownerReferences": [ownership.reference(owner)],
        },
        "spec": dict(template["spec"]),
    }


def revision_of(pod: Object) -> str:
    """What the label says; "" without one."""
    return ownership.labels_of(pod).get(REVISION, "")
