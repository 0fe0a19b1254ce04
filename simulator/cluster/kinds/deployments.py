"""Deployment. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import pod_template, workloads
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, at, of
from simulator.cluster.resources import DEPLOYMENTS
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    pod_template.fill(spec.setdefault("template", {}).setdefault("spec", {}))


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from workloads.replicas(spec)
    yield from workloads.template(spec, "deployment", "Always")
    yield from _strategy(spec["strategy"])
    if spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        yield Cause(
            "spec.progressDeadlineSeconds",
            f"Invalid value: {spec['progressDeadlineSeconds']}: must be greater than minReadySeconds",
        )


def _strategy(strategy: Object) -> Iterator[Cause]:
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] not in ("Recreate", "RollingUpdate"):
        yield naming.unsupported("spec.strategy.type", strategy["type"], "Recreate", "RollingUpdate")
    elif strategy["type"] == "Recreate" and rolling is not None:
        yield Cause(
            "spec.strategy.rollingUpdate",
            "Forbidden: may not be specified when strategy `type` is 'Recreate'",
            "FieldValueForbidden",
        )
    elif rolling is not None:
        yield from _rolling(rolling)


def _rolling(rolling: Object) -> Iterator[Cause]:
    for key in ("maxUnavailable", "maxSurge"):
        yield from workloads.int_or_percent(f"spec.strategy.rollingUpdate.{key}", rolling[key])
    amounts = {str(rolling[key]).rstrip("%") for key in ("maxUnavailable", "maxSurge")}
    if amounts == {"0"}:
        yield Cause(
            "spec.strategy.rollingUpdate.maxUnavailable",
            f"Invalid value: {rolling['maxUnavailable']}: may not be 0 when `maxSurge` is 0",
        )


def _ready(obj: Object) -> str:
    return f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"


KIND = Kind(
    DEPLOYMENTS,
    columns=(
        NAME,
        Column("Ready", of(_ready)),
        Column("Up-to-date", at("status", "updatedReplicas", absent=0), type="integer"),
        Column("Available", at("status", "availableReplicas", absent=0), type="integer"),
        AGE,
        *workloads.CONTAINERS,
        workloads.SELECTOR,
    ),
    fill=_fill,
    causes=_causes,
    fixed=workloads.fixed_selector,
    warnings=workloads.warnings,
    first_status=lambda _spec: {},
)
