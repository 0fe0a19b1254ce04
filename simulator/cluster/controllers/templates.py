"""Pods out of a workload's template. Pure but for the letters of a generated name."""

import random
from collections.abc import Mapping
from typing import Any

from simulator.cluster.controllers import ownership
from simulator.cluster.store import Object

SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' letters for generated names: no vowels, no look-alikes."""
_LONGEST_BASE = 58


def stamp(owner: Object, template: Mapping[str, Any], name: str | None = None) -> Object:
    """A pod that `owner` controls; without a name it gets the owner's with five letters.

    Its metadata and the upper level of its spec are the caller's to change.
    """
    meta = template.get("metadata") or {}
    base = f"{owner['metadata']['name']}-"
    made: Object = {key: dict(meta[key]) for key in ("labels", "annotations") if meta.get(key)}
    if meta.get("finalizers"):
        made["finalizers"] = list(meta["finalizers"])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **made,
            "name": name or base[:_LONGEST_BASE] + "".join(random.choices(SAFE_LETTERS, k=5)),
            "generateName": base,
            "namespace": owner["metadata"]["namespace"],
            "ownerReferences": [ownership.reference(owner)],
        },
        "spec": dict(template["spec"]),
    }
