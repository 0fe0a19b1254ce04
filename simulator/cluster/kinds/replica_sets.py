"""ReplicaSet. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import pod_template, workloads
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.printing.column import AGE, NAME, Column, at
from simulator.cluster.resources import REPLICA_SETS
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    pod_template.fill(spec.setdefault("template", {}).setdefault("spec", {}))


def _causes(obj: Object) -> Iterator[Cause]:
    yield from workloads.replicas(obj["spec"])
    yield from workloads.template(obj["spec"], "replicaset", "Always")


KIND = Kind(
    REPLICA_SETS,
    columns=(
        NAME,
        Column("Desired", at("spec", "replicas", absent=0), type="integer"),
        Column("Current", at("status", "replicas", absent=0), type="integer"),
        Column("Ready", at("status", "readyReplicas", absent=0), type="integer"),
        AGE,
        *workloads.CONTAINERS,
        workloads.SELECTOR,
    ),
    fill=_fill,
    causes=_causes,
    fixed=workloads.fixed_selector,
    warnings=workloads.warnings,
    first_status=lambda _spec: {"replicas": 0},
    selectable=("status.replicas",),
)
