"""PersistentVolumeClaim. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.kinds.persistent_volumes import access_modes, short_modes, state
from simulator.cluster.objects import naming, quantities
from simulator.cluster.printing.column import AGE, NAME, Column, at, of
from simulator.cluster.resources import PERSISTENT_VOLUME_CLAIMS
from simulator.cluster.store import Object

PROTECTION = "kubernetes.io/pvc-protection"
_IMMUTABLE = (
    "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
    "claims"
)


def fill_spec(spec: Object) -> None:
    """Defaults of a claim's spec, also in a template."""
    spec.setdefault("volumeMode", "Filesystem")


def spec_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Everything wrong with a claim's spec, also in a template."""
    yield from access_modes(spec.get("accessModes") or [], f"{path}.accessModes")
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if storage is None:
        yield Cause(f"{path}.resources[storage]", "Required value", "FieldValueRequired")
    elif quantities.parse(storage) <= 0:
        words = f'Invalid value: "{storage}": must be greater than zero'
        yield Cause(f"{path}.resources[storage]", words)
    if spec["volumeMode"] != "Filesystem":
        yield naming.unsupported(f"{path}.volumeMode", spec["volumeMode"], "Filesystem")
    if spec.get("dataSource") or spec.get("dataSourceRef"):
        words = "Forbidden: volumes cannot be made from others in this cluster"
        yield Cause(f"{path}.dataSource", words, "FieldValueForbidden")
    if spec.get("volumeAttributesClassName"):
        words = "Forbidden: VolumeAttributesClasses are not served by this cluster"
        yield Cause(f"{path}.volumeAttributesClassName", words, "FieldValueForbidden")


def _fill(obj: Object) -> None:
    fill_spec(obj.setdefault("spec", {}))
    if obj["metadata"].get("creationTimestamp") is None:
        finalizers = obj["metadata"].setdefault("finalizers", [])
        if PROTECTION not in finalizers:
            finalizers.append(PROTECTION)


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    """Volume and class may be filled in once; a bound claim may ask for more."""
    after, before = dict(new["spec"]), dict(old["spec"])
    for key in ("volumeName", "storageClassName"):
        if before.get(key) is None:
            after.pop(key, None)
    is_bound = (old.get("status") or {}).get("phase") == "Bound"
    if is_bound:
        after["resources"] = before["resources"]
        wanted = quantities.parse(new["spec"]["resources"]["requests"]["storage"])
        have = ((old.get("status") or {}).get("capacity") or {}).get("storage")
        if have and wanted < quantities.parse(have):
            words = "Forbidden: field can not be less than status.capacity"
            yield Cause("spec.resources.requests.storage", words, "FieldValueForbidden")
    if after != before:
        yield Cause("spec", _IMMUTABLE, "FieldValueForbidden")


KIND = Kind(
    PERSISTENT_VOLUME_CLAIMS,
    columns=(
        NAME,
        Column("Status", of(state)),
        Column("Volume", at("spec", "volumeName", absent="")),
        Column("Capacity", at("status", "capacity", "storage", absent="")),
        Column("Access Modes", of(lambda obj: short_modes((obj.get("status") or {}).get("accessModes") or ()))),
        Column("StorageClass", at("spec", "storageClassName", absent="")),
        Column("VolumeAttributesClass", at("spec", "volumeAttributesClassName", absent="<unset>")),
        AGE,
        Column("VolumeMode", at("spec", "volumeMode", absent="<unset>"), wide=True),
    ),
    fill=_fill,
    causes=lambda obj: spec_causes(obj["spec"], "spec"),
    fixed=_fixed,
    first_status=lambda _spec: {"phase": "Pending"},
)
