"""DaemonSet (pkg/apis/apps). Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import pod_template, workloads
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.objects import naming
from simulator.cluster.printing.column import AGE, NAME, Column, at, labels_text, of
from simulator.cluster.resources import DAEMON_SETS
from simulator.cluster.store import Object

GENERATION = "deprecated.daemonset.template.generation"
"""How often the template has changed; kept by API servers for old clients, and on the pods as a label."""


def _fill(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    obj["metadata"].setdefault("annotations", {}).setdefault(GENERATION, "1")
    pod_template.fill(spec.setdefault("template", {}).setdefault("spec", {}))


def _carry(new: Object, old: Object) -> None:
    before = (old["metadata"].get("annotations") or {}).get(GENERATION, "1")
    is_changed = new["spec"].get("template") != old["spec"]["template"]
    number = int(before) + is_changed if before.isdecimal() else 1
    new["metadata"].setdefault("annotations", {})[GENERATION] = str(number)


def _causes(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from workloads.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from workloads.not_negative("spec.revisionHistoryLimit", spec["revisionHistoryLimit"])
    yield from workloads.template(spec, "daemonset", "Always")
    strategy = spec["updateStrategy"]
    if strategy["type"] not in ("RollingUpdate", "OnDelete"):
        yield naming.unsupported("spec.updateStrategy.type", strategy["type"], "OnDelete", "RollingUpdate")
    elif strategy["type"] == "RollingUpdate":
        yield from _rolling(strategy["rollingUpdate"], "spec.updateStrategy.rollingUpdate")


def _rolling(rolling: Object, path: str) -> Iterator[Cause]:
    for key in ("maxUnavailable", "maxSurge"):
        yield from workloads.int_or_percent(f"{path}.{key}", rolling[key])
    has = {key: str(rolling[key]).rstrip("%") != "0" for key in ("maxUnavailable", "maxSurge")}
    if all(has.values()):
        words = (
            f"Invalid value: {workloads.go_map(rolling['maxSurge'])}: may not be set when maxUnavailable is non-zero"
        )
        yield Cause(f"{path}.maxSurge", words)
    elif not any(has.values()):
        words = "Required value: cannot be 0 when maxSurge is 0"
        yield Cause(f"{path}.maxUnavailable", words, "FieldValueRequired")


def _count(title: str, field: str) -> Column:
    return Column(title, at("status", field, absent=0), type="integer")


KIND = Kind(
    DAEMON_SETS,
    columns=(
        NAME,
        _count("Desired", "desiredNumberScheduled"),
        _count("Current", "currentNumberScheduled"),
        _count("Ready", "numberReady"),
        _count("Up-to-date", "updatedNumberScheduled"),
        _count("Available", "numberAvailable"),
        Column("Node Selector", of(lambda obj: labels_text(obj["spec"]["template"]["spec"].get("nodeSelector")))),
        AGE,
        *workloads.CONTAINERS,
        workloads.SELECTOR,
    ),
    fill=_fill,
    carry=_carry,
    causes=_causes,
    fixed=workloads.fixed_selector,
    warnings=workloads.warnings,
    first_status=lambda _spec: dict.fromkeys(
        ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"), 0
    ),
    admitted=(("metadata", "annotations", GENERATION),),
)
