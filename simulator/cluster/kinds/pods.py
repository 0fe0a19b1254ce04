"""Pod. Pure."""

from collections.abc import Iterator

from simulator.cluster.errors import Cause
from simulator.cluster.kinds import container_fields, pod_template
from simulator.cluster.kinds.kind import Kind
from simulator.cluster.kinds.pod_validation import pod_spec, pod_update
from simulator.cluster.objects import states
from simulator.cluster.printing.column import AGE, NAME, NONE, Column, at, of
from simulator.cluster.printing.pod_word import pod_status, ready_containers, restarts
from simulator.cluster.resources import PODS
from simulator.cluster.store import Object


def _fill(obj: Object) -> None:
    """Beyond what a template gets: defaults that need the whole pod, and those of admission plug-ins."""
    spec = obj.setdefault("spec", {})
    pod_template.fill(spec)
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(t.get("key") in (key, None) and t.get("effect") in ("NoExecute", None) for t in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
        limits = container.get("resources", {}).get("limits") or {}
        for name, amount in limits.items():
            container["resources"].setdefault("requests", {}).setdefault(name, amount)


def qos_class(pod_spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort, from the requests and limits of all containers."""
    named = ("cpu", "memory")
    resources = [
        c.get("resources") or {} for c in [*pod_spec.get("containers", ()), *pod_spec.get("initContainers", ())]
    ]
    if not any(r.get(part, {}).get(n) for r in resources for part in ("limits", "requests") for n in named):
        return "BestEffort"
    for entry in resources:
        limits, requests = entry.get("limits", {}), entry.get("requests", {})
        if any(not limits.get(n) or requests.get(n, limits[n]) != limits[n] for n in named):
            return "Burstable"
    return "Guaranteed"


def _causes(obj: Object) -> Iterator[Cause]:
    yield from pod_spec(obj["spec"], "spec")


def _fixed(new: Object, old: Object) -> Iterator[Cause]:
    yield from pod_update(new["spec"], old["spec"])


def _gates(obj: Object) -> str:
    gates = obj["spec"].get("readinessGates") or ()
    have = states.truths(obj)
    passed = sum(have.get(gate["conditionType"]) == "True" for gate in gates)
    return f"{passed}/{len(gates)}" if gates else NONE


KIND = Kind(
    PODS,
    columns=(
        NAME,
        Column("Ready", of(ready_containers)),
        Column("Status", of(pod_status)),
        Column("Restarts", restarts),
        AGE,
        Column("IP", at("status", "podIP"), wide=True),
        Column("Node", at("spec", "nodeName"), wide=True),
        Column("Nominated Node", at("status", "nominatedNodeName"), wide=True),
        Column("Readiness Gates", of(_gates), wide=True),
    ),
    fill=_fill,
    causes=_causes,
    fixed=_fixed,
    warnings=lambda obj: container_fields.warnings(obj["spec"], "spec"),
    admitted=(
        ("spec", "serviceAccountName"),
        ("spec", "serviceAccount"),
        ("spec", "priority"),
        ("spec", "preemptionPolicy"),
        ("spec", "tolerations"),
    ),
    first_status=lambda spec: {"phase": "Pending", "qosClass": qos_class(spec)},
    selectable=(
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
)
