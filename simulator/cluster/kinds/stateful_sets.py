"""StatefulSet (pkg/apis/apps). Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import pod_template, workloads
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.kinds.persistent_volume_claims import fill_spec, spec_causes
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, of
from simulator.cluster.resources import STATEFUL_SETS
from simulator.cluster.store import Object

_MAY_CHANGE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("serviceName", "")
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("partition", 0)
        rolling.setdefault("maxUnavailable", 1)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim["status"] = {"phase": "Pending"}
        fill_spec(claim.setdefault("spec", {}))
    pod_template.fill(spec.setdefault("template", {}).setdefault("spec", {}))


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    if (policy := spec["podManagementPolicy"]) not in ("OrderedReady", "Parallel"):
        yield Cause("spec.podManagementPolicy", f"Invalid value: \"{policy}\": must be 'OrderedReady' or 'Parallel'")
    yield from _strategy(spec["updateStrategy"])
    for key, policy in spec["persistentVolumeClaimRetentionPolicy"].items():
        if policy not in ("Delete", "Retain"):
            path = f"spec.persistentVolumeClaimRetentionPolicy.{key}"
            yield naming.unsupported(path, policy, "Delete", "Retain")
    yield from workloads.replicas(spec)
    yield from workloads.not_negative("spec.minReadySeconds", spec.get("minReadySeconds", 0))
    yield from workloads.not_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start", 0))
    yield from workloads.template(_with_claims(spec), "statefulset", "Always")
    for index, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        yield from spec_causes(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")


def _with_claims(spec: Object) -> Object:
    """The spec as its pods will have it: what the containers mount may be a claim's."""
    template, pod = spec["template"], spec["template"]["spec"]
    claims = [{"name": each["metadata"]["name"]} for each in spec.get("volumeClaimTemplates") or ()]
    return {**spec, "template": {**template, "spec": {**pod, "volumes": [*(pod.get("volumes") or ()), *claims]}}}


def _strategy(strategy: Object) -> Iterator[Cause]:
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] not in ("RollingUpdate", "OnDelete"):
        text = workloads.go_map(strategy)
        yield Cause("spec.updateStrategy", f"Invalid value: {text}: must be 'RollingUpdate' or 'OnDelete'")
    elif strategy["type"] == "OnDelete" and rolling is not None:
        text = workloads.go_map(rolling)
        yield Cause(
            "spec.updateStrategy.rollingUpdate",
            f"Invalid value: {text}: only allowed for updateStrategy 'RollingUpdate'",
        )
    elif rolling is not None:
        path = "spec.updateStrategy.rollingUpdate"
        yield from workloads.not_negative(f"{path}.partition", rolling["partition"])
        yield from workloads.int_or_percent(f"{path}.maxUnavailable", rolling["maxUnavailable"])
        if str(rolling["maxUnavailable"]).rstrip("%") == "0":
            yield Cause(f"{path}.maxUnavailable", f"Invalid value: {rolling['maxUnavailable']}: cannot be 0")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    if {**new["spec"], **dict.fromkeys(_MAY_CHANGE)} != {**old["spec"], **dict.fromkeys(_MAY_CHANGE)}:
        named = ", ".join(f"'{name}'" for name in _MAY_CHANGE[:-1])
        yield Cause(
            "spec",
            f"Forbidden: updates to statefulset spec for fields other than {named} and '{_MAY_CHANGE[-1]}' "
            "are forbidden",
            "FieldValueForbidden",
        )


def _ready(obj: Object) -> str:
    return f"{(obj.get('status') or {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"


KIND = Kind(
    STATEFUL_SETS,
    columns=(NAME, Column("Ready", of(_ready)), AGE, *workloads.CONTAINERS),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
    warnings=workloads.warnings,
    first_status=lambda _spec: {"replicas": 0, "availableReplicas": 0},
    names=naming.LABEL,
)
