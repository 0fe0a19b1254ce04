"""A pod's status out of what its containers do. Pure; phases as the kubelet's `getPhase`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cluster.kinds.pods import qos_class
from simulator.cluster.store import Object

EVICTED = "Evicted"
Conditions = list[dict[str, Any]]


@dataclass(frozen=True)
class Situation:
    """What the node knows of a pod."""

    node_ip: str
    pod_ip: str | None
    started_at: str
    init: tuple[Object, ...]
    containers: tuple[Object, ...]
    failure: tuple[str, str] | None = None
    """Reason and message, where the node has ended it before its containers did."""


def assemble(pod: Object, now: Situation, at: str) -> Object:
    """The whole status; conditions of others (PodScheduled, readiness gates) are kept. `at` dates transitions."""
    old = pod.get("status") or {}
    is_initialized = all(_is_done(status) or _is_sidecar_up(pod, status) for status in now.init)
    restart_policy = pod["spec"].get("restartPolicy", "Always")
    phase = "Failed" if now.failure else _phase(now.init, now.containers, restart_policy, is_initialized)
    sidecars = [status for status in now.init if _is_sidecar(pod, status)]
    unready = [status["name"] for status in (*sidecars, *now.containers) if not status["ready"]]
    is_over = phase in ("Succeeded", "Failed")
    status: Object = {
        "phase": phase,
        "conditions": _conditions(pod, now, is_initialized, unready, phase, at),
        "hostIP": now.node_ip,
        "hostIPs": [{"ip": now.node_ip}],
        "startTime": now.started_at,
        "qosClass": qos_class(pod["spec"]),
        "containerStatuses": list(now.containers),
    }
    if now.failure:
        status["reason"], status["message"] = now.failure
        if now.failure[0] == EVICTED:
            status["conditions"] = _with_disruption(status["conditions"], now.failure[1], at)
    if now.pod_ip is not None:
        status["podIP"] = now.pod_ip
        status["podIPs"] = [{"ip": now.pod_ip}]
    if now.init:
        status["initContainerStatuses"] = list(now.init)
    kept = ("observedGeneration", "nominatedNodeName") if is_over else ("observedGeneration",)
    status.update({key: old[key] for key in kept if key in old})
    return status


def _phase(init: Iterable[Object], containers: Iterable[Object], restart_policy: str, is_initialized: bool) -> str:
    if not is_initialized:
        is_lost = restart_policy == "Never" and any(
            (status["state"].get("terminated") or {}).get("exitCode", 0) for status in init
        )
        return "Failed" if is_lost else "Pending"
    waiting = running = succeeded = stopped = 0
    for status in containers:
        state, last = status["state"], status["lastState"]
        if "running" in state:
            running += 1
        elif "terminated" in state:
            stopped += 1
            succeeded += state["terminated"]["exitCode"] == 0
        elif "terminated" in last:
            stopped += 1
        else:
            waiting += 1
    if waiting:
        return "Pending"
    if running or restart_policy == "Always":
        return "Running"
    if stopped == succeeded:
        return "Succeeded"
    return "Failed" if restart_policy == "Never" else "Running"


def _conditions(
    pod: Object, now: Situation, is_initialized: bool, unready: list[str], phase: str, at: str
) -> Conditions:
    not_ready: tuple[str, str] | None = None
    if phase == "Succeeded":
        not_ready = ("PodCompleted", "")
    elif phase == "Failed":
        not_ready = ("PodFailed", "")
    elif unready:
        not_ready = ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    waiting = [status["name"] for status in now.init if not _is_done(status)]
    not_initialized = (
        None
        if is_initialized
        else ("ContainersNotInitialized", f"containers with incomplete status: [{' '.join(waiting)}]")
    )
    gates = _gates(pod)
    wanted: list[tuple[str, tuple[str, str] | None]] = [
        ("PodReadyToStartContainers", None if now.pod_ip else ("", "")),
        ("Initialized", not_initialized or (("PodCompleted", "") if phase == "Succeeded" else None)),
        ("Ready", not_ready or gates),
        ("ContainersReady", not_ready),
    ]
    if phase == "Succeeded":
        wanted[1] = ("Initialized", None)
    old = {entry["type"]: entry for entry in (pod.get("status") or {}).get("conditions") or ()}
    mine = [_condition(old.get(kind), kind, why, at) for kind, why in wanted]
    names = {entry["type"] for entry in mine}
    return mine + [entry for kind, entry in old.items() if kind not in names]


def _with_disruption(conditions: Conditions, message: str, at: str) -> Conditions:
    if any(entry["type"] == "DisruptionTarget" for entry in conditions):
        return conditions
    told = {"status": "True", "reason": "TerminationByKubelet", "message": message, "lastProbeTime": None}
    return [*conditions, {"type": "DisruptionTarget", **told, "lastTransitionTime": at}]


def _condition(old: Mapping[str, Any] | None, kind: str, why: tuple[str, str] | None, at: str) -> Object:
    status = "True" if why is None else "False"
    new: Object = {"type": kind, "status": status, "lastProbeTime": None}
    if why is not None and why[0]:
        new["reason"] = why[0]
    if why is not None and why[1]:
        new["message"] = why[1]
    is_same = old is not None and old.get("status") == status
    new["lastTransitionTime"] = old["lastTransitionTime"] if is_same and old is not None else at
    return new


def _gates(pod: Object) -> tuple[str, str] | None:
    wanted = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    have = {entry["type"] for entry in (pod.get("status") or {}).get("conditions") or () if entry["status"] == "True"}
    missing = [kind for kind in wanted if kind not in have]
    if not missing:
        return None
    return "ReadinessGatesNotReady", f'the status of pod readiness gate "{missing[0]}" is not "True"'


def _is_done(status: Object) -> bool:
    terminated = status["state"].get("terminated")
    return terminated is not None and terminated["exitCode"] == 0


def _is_sidecar(pod: Object, status: Object) -> bool:
    specs = pod["spec"].get("initContainers") or ()
    return any(spec["name"] == status["name"] and spec.get("restartPolicy") == "Always" for spec in specs)


def _is_sidecar_up(pod: Object, status: Object) -> bool:
    return _is_sidecar(pod, status) and bool(status.get("started") or status["restartCount"])
