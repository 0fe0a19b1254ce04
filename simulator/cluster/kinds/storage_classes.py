"""StorageClass. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.kinds.persistent_volumes import DRIVER
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, Column, at, of
from simulator.cluster.resources import STORAGE_CLASSES
from simulator.cluster.store import Object

DEFAULT = "storageclass.kubernetes.io/is-default-class"
STANDARD: Object = {
    "metadata": {"name": "standard", "annotations": {DEFAULT: "true"}},
    "provisioner": DRIVER,
    "volumeBindingMode": "WaitForFirstConsumer",
}
"""The class that each cluster begins with."""


def is_default(obj: Object) -> bool:
    """Whether claims without a class get this one."""
    return (obj["metadata"].get("annotations") or {}).get(DEFAULT) == "true"


def _fill(obj: Object) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _causes(obj: Object) -> Iterator[Cause]:
    if obj["reclaimPolicy"] not in ("Delete", "Retain"):
        yield naming.unsupported("reclaimPolicy", obj["reclaimPolicy"], "Delete", "Retain")
    if (mode := obj["volumeBindingMode"]) not in ("Immediate", "WaitForFirstConsumer"):
        yield naming.unsupported("volumeBindingMode", mode, "Immediate", "WaitForFirstConsumer")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    for key in ("parameters", "provisioner", "reclaimPolicy"):
        if new.get(key) != old.get(key):
            yield Cause(key, f"Forbidden: updates to {key} are forbidden.", "FieldValueForbidden")
    if new["volumeBindingMode"] != old["volumeBindingMode"]:
        yield Cause("volumeBindingMode", f'Invalid value: "{new["volumeBindingMode"]}": field is immutable')


def _name(obj: Object) -> str:
    return f"{obj['metadata']['name']} (default)" if is_default(obj) else str(obj["metadata"]["name"])


KIND = Kind(
    STORAGE_CLASSES,
    columns=(
        Column("Name", of(_name)),
        Column("Provisioner", at("provisioner", absent="")),
        Column("ReclaimPolicy", at("reclaimPolicy", absent="Delete")),
        Column("VolumeBindingMode", at("volumeBindingMode", absent="<unset>")),
        Column(
            "AllowVolumeExpansion", of(lambda obj: str(bool(obj.get("allowVolumeExpansion"))).lower()), type="string"
        ),
        AGE,
    ),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
)
