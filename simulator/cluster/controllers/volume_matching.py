"""Which volume a claim gets, and what a new one is like. Pure."""

from collections.abc import Iterable
from decimal import Decimal

from simulator.cluster.kinds.persistent_volumes import DRIVER
from simulator.cluster.objects import quantities, selectors, states
from simulator.cluster.store import Object


def best(claim: Object, volumes: Iterable[Object]) -> Object | None:
    """The volume that was reserved for the claim, else the smallest free one that is large enough."""
    free = [each for each in volumes if is_free_for(claim, each) and _fits(claim, each)]
    return min(free, key=lambda each: (not each["spec"].get("claimRef"), _size(each)), default=None)


def is_free_for(claim: Object, volume: Object) -> bool:
    """Nobody has it, or it was kept for this very claim."""
    if states.is_marked(volume):
        return False
    held, meta = volume["spec"].get("claimRef"), claim["metadata"]
    if not held:
        return True
    is_named = (held.get("namespace"), held.get("name")) == (meta["namespace"], meta["name"])
    return is_named and held.get("uid") in (None, meta["uid"])


def reference(claim: Object) -> Object:
    """A volume's claimRef."""
    meta = claim["metadata"]
    known = {key: meta[key] for key in ("namespace", "name", "uid", "resourceVersion")}
    return {"kind": "PersistentVolumeClaim", "apiVersion": "v1", **known}


def bound(volume: Object) -> Object:
    """The status of a claim that has this volume."""
    spec = volume["spec"]
    return {"phase": "Bound", "accessModes": list(spec["accessModes"]), "capacity": dict(spec["capacity"])}


def new_volume(claim: Object, storage_class: Object) -> Object:
    """What is provisioned for a claim."""
    spec, name = claim["spec"], f"pvc-{claim['metadata']['uid']}"
    return {
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}},
        "spec": {
            "accessModes": list(spec["accessModes"]),
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": reference(claim),
            "csi": {"driver": DRIVER, "volumeHandle": name},
            "persistentVolumeReclaimPolicy": storage_class["reclaimPolicy"],
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec["volumeMode"],
        },
    }


def _fits(claim: Object, volume: Object) -> bool:
    wanted, have = claim["spec"], volume["spec"]
    is_large = _size(volume) >= quantities.parse(wanted["resources"]["requests"]["storage"])
    is_alike = (wanted.get("storageClassName") or "") == (have.get("storageClassName") or "")
    by_label = wanted.get("selector")
    is_selected = by_label is None or selectors.label_selector(by_label)(volume["metadata"].get("labels") or {})
    return is_large and is_alike and is_selected and set(wanted["accessModes"]) <= set(have["accessModes"])


def _size(volume: Object) -> Decimal:
    return quantities.parse(volume["spec"]["capacity"]["storage"])
