"""PersistentVolume, and what it shares with claims. Pure."""

from collections.abc import Iterator, Sequence

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import workloads
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, at, of
from simulator.cluster.resources import PERSISTENT_VOLUMES
from simulator.cluster.store import Object

DRIVER = "folder.gameday.dev"
"""The one driver and provisioner: a volume is a folder of the cluster."""
PROTECTION = "kubernetes.io/pv-protection"
_SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def access_modes(modes: Sequence[str], path: str) -> Iterator[Cause]:
    """What is wrong with a list of access modes."""
    if not modes:
        yield Cause(path, "Required value: at least 1 access mode is required", "FieldValueRequired")
    for mode in modes:
        if mode not in _SHORT:
            yield naming.unsupported(path, mode, *_SHORT)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        words = "Forbidden: may not use ReadWriteOncePod with other access modes"
        yield Cause(path, words, "FieldValueForbidden")


def short_modes(modes: Sequence[str]) -> str:
    """`RWO,RWX`, in the order of the API."""
    return ",".join(short for mode, short in _SHORT.items() if mode in modes)


def state(obj: Object) -> str:
    """Bound, Released, ..., or Terminating."""
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str((obj.get("status") or {}).get("phase") or "")


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if obj["metadata"].get("creationTimestamp") is None:
        finalizers = obj["metadata"].setdefault("finalizers", [])
        if PROTECTION not in finalizers:
            finalizers.append(PROTECTION)


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from access_modes(spec.get("accessModes") or [], "spec.accessModes")
    if not (spec.get("capacity") or {}).get("storage"):
        yield Cause("spec.capacity", "Required value", "FieldValueRequired")
    if (policy := spec["persistentVolumeReclaimPolicy"]) not in ("Delete", "Retain"):
        yield naming.unsupported("spec.persistentVolumeReclaimPolicy", policy, "Delete", "Retain")
    if spec["volumeMode"] != "Filesystem":
        yield naming.unsupported("spec.volumeMode", spec["volumeMode"], "Filesystem")
    source = spec.get("csi")
    if source is None:
        words = f"Required value: must specify a volume type; this cluster has csi with driver {DRIVER}"
        yield Cause("spec", words, "FieldValueRequired")
    elif source["driver"] != DRIVER:
        yield naming.unsupported("spec.csi.driver", source["driver"], DRIVER)
    else:
        yield from naming.of_name(source["volumeHandle"], naming.SUBDOMAIN, "spec.csi.volumeHandle")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if new["spec"].get("csi") != old["spec"].get("csi"):
        text = workloads.go_map(new["spec"].get("csi"))
        words = f"Forbidden: spec.persistentvolumesource is immutable after creation {text}"
        yield Cause("spec.persistentvolumesource", words, "FieldValueForbidden")


def _claim(obj: Object) -> str:
    claim = obj["spec"].get("claimRef")
    return f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else ""


KIND = Kind(
    PERSISTENT_VOLUMES,
    columns=(
        NAME,
        Column("Capacity", at("spec", "capacity", "storage", absent="")),
        Column("Access Modes", of(lambda obj: short_modes(obj["spec"].get("accessModes") or ()))),
        Column("Reclaim Policy", at("spec", "persistentVolumeReclaimPolicy", absent="")),
        Column("Status", of(state)),
        Column("Claim", of(_claim)),
        Column("StorageClass", at("spec", "storageClassName", absent="")),
        Column("VolumeAttributesClass", at("spec", "volumeAttributesClassName", absent="<unset>")),
        Column("Reason", at("status", "reason", absent="")),
        AGE,
        Column("VolumeMode", at("spec", "volumeMode", absent="<unset>"), wide=True),
    ),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
    first_status=lambda _spec: {"phase": "Pending"},
)
