"""The cluster's state as metrics, under the names and labels of kube-state-metrics. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cluster.api import container_metrics, service_metrics, workload_metrics
from simulator.cluster.api.workload_metrics import Family, Sample
from simulator.cluster.objects import quantities, states
from simulator.cluster.resources import (
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    JOBS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SERVICES,
    STATEFUL_SETS,
)
from simulator.cluster.store import Object, Store

_PHASES = ("Pending", "Succeeded", "Failed", "Running", "Unknown")
_REASONS = ("Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError")
"""Why a pod is over that did not end by itself."""


def render(store: Store, cpu_periods: Mapping[tuple[str, str], tuple[int, int]] | None = None) -> str:
    """All metrics in the Prometheus text format; `cpu_periods` as a node's processes have them."""
    pods = list(store.list(PODS))
    families: list[Family] = [
        *_pods(pods),
        *_containers(pods),
        *container_metrics.cpu_periods(pods, cpu_periods or {}),
        *_deployments(list(store.list(DEPLOYMENTS))),
        *_replica_sets(list(store.list(REPLICA_SETS))),
        *workload_metrics.stateful_sets(store.list(STATEFUL_SETS)),
        *workload_metrics.daemon_sets(store.list(DAEMON_SETS)),
        *workload_metrics.jobs(store.list(JOBS)),
        *workload_metrics.claims(store.list(PERSISTENT_VOLUME_CLAIMS)),
        *workload_metrics.volumes(store.list(PERSISTENT_VOLUMES)),
        *service_metrics.services(store.list(SERVICES)),
        *service_metrics.endpoints(store.list(ENDPOINTS)),
        *service_metrics.endpoint_slices(store.list(ENDPOINT_SLICES)),
        *_nodes(list(store.list(NODES))),
        _quotas(store.list(RESOURCE_QUOTAS)),
        (
            "kube_namespace_status_phase",
            "gauge",
            [
                ({"namespace": each["metadata"]["name"], "phase": phase}, _is(_phase(each) == phase))
                for each in store.list(NAMESPACES)
                for phase in ("Active", "Terminating")
            ],
        ),
    ]
    return "".join(_family(name, kind, samples) for name, kind, samples in families)


def _pods(pods: Iterable[Object]) -> list[Family]:
    info: list[Sample] = []
    phases: list[Sample] = []
    conditions: dict[str, list[Sample]] = {"Ready": [], "PodScheduled": []}
    owners: list[Sample] = []
    labels_: list[Sample] = []
    reasons: list[Sample] = []
    unschedulable: list[Sample] = []
    for pod in pods:
        own = _of_pod(pod)
        status = pod.get("status") or {}
        owner: Object = next(iter(pod["metadata"].get("ownerReferences") or ()), {})
        owning = {"created_by_kind": owner.get("kind", ""), "created_by_name": owner.get("name", "")}
        where = {"node": pod["spec"].get("nodeName", ""), "pod_ip": status.get("podIP", "")}
        info.append(({**own, **where, "host_ip": status.get("hostIP", ""), **owning}, 1))
        owners.append(
            (
                {
                    **own,
                    "owner_kind": owner.get("kind", ""),
                    "owner_name": owner.get("name", ""),
                    "owner_is_controller": "true" if owner.get("controller") else "false",
                },
                1,
            )
        )
        shown = {f"label_{_safe(key)}": value for key, value in (pod["metadata"].get("labels") or {}).items()}
        labels_.append(({**own, **shown}, 1))
        phases.extend(({**own, "phase": phase}, _is(_phase(pod) == phase)) for phase in _PHASES)
        reasons.extend(({**own, "reason": reason}, _is(status.get("reason") == reason)) for reason in _REASONS)
        if (states.condition(pod, "PodScheduled") or {}).get("reason") == "Unschedulable":
            unschedulable.append((own, 1))
        held = {entry["type"]: entry["status"] for entry in status.get("conditions") or ()}
        for kind, samples in conditions.items():
            truth = held.get(kind, "False" if kind == "Ready" else "Unknown")
            samples.extend(
                ({**own, "condition": word.lower()}, _is(truth == word)) for word in ("True", "False", "Unknown")
            )
    return [
        ("kube_pod_info", "gauge", info),
        ("kube_pod_owner", "gauge", owners),
        ("kube_pod_labels", "gauge", labels_),
        ("kube_pod_status_phase", "gauge", phases),
        ("kube_pod_status_reason", "gauge", reasons),
        ("kube_pod_status_unschedulable", "gauge", unschedulable),
        ("kube_pod_status_ready", "gauge", conditions["Ready"]),
        ("kube_pod_status_scheduled", "gauge", conditions["PodScheduled"]),
    ]


def _containers(pods: Iterable[Object]) -> list[Family]:
    families: dict[str, list[Sample]] = {
        "kube_pod_container_info": [],
        "kube_pod_container_resource_limits": [],
        "kube_pod_container_resource_requests": [],
        "kube_pod_container_status_restarts_total": [],
        "kube_pod_container_status_ready": [],
        "kube_pod_container_status_running": [],
        "kube_pod_container_status_waiting": [],
        "kube_pod_container_status_waiting_reason": [],
        "kube_pod_container_status_terminated": [],
        "kube_pod_container_status_terminated_reason": [],
        "kube_pod_container_status_last_terminated_reason": [],
        "kube_pod_container_status_last_terminated_exitcode": [],
        "kube_pod_container_status_last_terminated_timestamp": [],
        "kube_pod_container_state_started": [],
    }
    for pod in pods:
        for container in pod["spec"]["containers"]:
            for kind in ("limits", "requests"):
                for resource, amount in ((container.get("resources") or {}).get(kind) or {}).items():
                    unit = "byte" if resource == "memory" else "core"
                    own = {**_of_pod(pod), "container": container["name"], "node": pod["spec"].get("nodeName", "")}
                    families[f"kube_pod_container_resource_{kind}"].append(
                        ({**own, "resource": resource, "unit": unit}, float(quantities.parse(amount)))
                    )
        for status in (pod.get("status") or {}).get("containerStatuses") or ():
            own = {**_of_pod(pod), "container": status["name"]}
            state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")

            def put(suffix: str, value: float, own: Mapping[str, str] = own, **labels: str) -> None:
                families[f"kube_pod_container_{suffix}"].append(({**own, **labels}, value))

            put("info", 1, image=status["image"], container_id=status.get("containerID", ""))
            put("status_restarts_total", status["restartCount"])
            put("status_ready", _is(status["ready"]))
            for kind in ("running", "waiting", "terminated"):
                put(f"status_{kind}", _is(kind in state))
                reason = (state.get(kind) or {}).get("reason")
                if reason and kind != "running":
                    put(f"status_{kind}_reason", 1, reason=reason)
                if since := (state.get(kind) or {}).get("startedAt"):
                    put("state_started", states.instant(since).timestamp())
            if last:
                put("status_last_terminated_reason", 1, reason=last.get("reason", ""))
                put("status_last_terminated_exitcode", last["exitCode"])
                put("status_last_terminated_timestamp", states.instant(last["finishedAt"]).timestamp())
    return [(name, "counter" if name.endswith("_total") else "gauge", samples) for name, samples in families.items()]


def _deployments(deployments: Iterable[Object]) -> list[Family]:
    counts = {
        "status_replicas": "replicas",
        "status_replicas_ready": "readyReplicas",
        "status_replicas_available": "availableReplicas",
        "status_replicas_unavailable": "unavailableReplicas",
        "status_replicas_updated": "updatedReplicas",
        "status_observed_generation": "observedGeneration",
    }
    families: dict[str, list[Sample]] = {
        f"kube_deployment_{name}": []
        for name in ("spec_replicas", "spec_paused", "metadata_generation", "status_condition", *counts)
    }
    for each in deployments:
        own = {"namespace": each["metadata"]["namespace"], "deployment": each["metadata"]["name"]}
        status = each.get("status") or {}
        families["kube_deployment_spec_replicas"].append((own, each["spec"].get("replicas", 1)))
        families["kube_deployment_spec_paused"].append((own, _is(bool(each["spec"].get("paused")))))
        generation = each["metadata"].get("generation", 0)
        families["kube_deployment_metadata_generation"].append((own, generation))
        for name, field in counts.items():
            families[f"kube_deployment_{name}"].append((own, status.get(field, 0)))
        for entry in status.get("conditions") or ():
            families["kube_deployment_status_condition"].extend(
                (
                    {**own, "condition": entry["type"], "status": word.lower()},
                    _is(entry["status"] == word),
                )
                for word in ("True", "False", "Unknown")
            )
    return [(name, "gauge", samples) for name, samples in families.items()]


def _replica_sets(replica_sets: Iterable[Object]) -> list[Family]:
    families: dict[str, list[Sample]] = {
        f"kube_replicaset_{name}": [] for name in ("spec_replicas", "status_replicas", "status_ready_replicas")
    }
    for each in replica_sets:
        own = {"namespace": each["metadata"]["namespace"], "replicaset": each["metadata"]["name"]}
        status = each.get("status") or {}
        families["kube_replicaset_spec_replicas"].append((own, each["spec"].get("replicas", 1)))
        families["kube_replicaset_status_replicas"].append((own, status.get("replicas", 0)))
        families["kube_replicaset_status_ready_replicas"].append((own, status.get("readyReplicas", 0)))
    return [(name, "gauge", samples) for name, samples in families.items()]


def _nodes(nodes: Iterable[Object]) -> list[Family]:
    conditions: list[Sample] = []
    unschedulable: list[Sample] = []
    taints: list[Sample] = []
    sizes: dict[str, list[Sample]] = {"capacity": [], "allocatable": []}
    for node in nodes:
        own = {"node": node["metadata"]["name"]}
        taints.extend(
            ({**own, "key": taint["key"], "value": taint.get("value", ""), "effect": taint["effect"]}, 1)
            for taint in node["spec"].get("taints") or ()
        )
        for part, samples in sizes.items():
            for resource, amount in ((node.get("status") or {}).get(part) or {}).items():
                unit = {"cpu": "core", "pods": "integer"}.get(resource, "byte")
                kind = {**own, "resource": resource.replace("-", "_"), "unit": unit}
                samples.append((kind, float(quantities.parse(amount))))
        unschedulable.append((own, _is(bool(node["spec"].get("unschedulable")))))
        for entry in (node.get("status") or {}).get("conditions") or ():
            conditions.extend(
                (
                    {**own, "condition": entry["type"], "status": word.lower()},
                    _is(entry["status"] == word),
                )
                for word in ("True", "False", "Unknown")
            )
    return [
        ("kube_node_status_condition", "gauge", conditions),
        ("kube_node_spec_unschedulable", "gauge", unschedulable),
        ("kube_node_spec_taint", "gauge", taints),
        *((f"kube_node_status_{part}", "gauge", samples) for part, samples in sizes.items()),
    ]


def _quotas(quotas: Iterable[Object]) -> Family:
    samples: list[Sample] = []
    for quota in quotas:
        own = {"namespace": quota["metadata"]["namespace"], "resourcequota": quota["metadata"]["name"]}
        for kind in ("hard", "used"):
            for resource, amount in ((quota.get("status") or {}).get(kind) or {}).items():
                samples.append(({**own, "resource": resource, "type": kind}, float(quantities.parse(amount))))
    return "kube_resourcequota", "gauge", samples


def _of_pod(pod: Object) -> dict[str, str]:
    meta = pod["metadata"]
    return {"namespace": meta["namespace"], "pod": meta["name"], "uid": meta["uid"]}


def _phase(obj: Object) -> str:
    return str((obj.get("status") or {}).get("phase", "Unknown"))


def _is(truth: bool) -> float:
    return 1.0 if truth else 0.0


def _safe(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name)


def _family(name: str, kind: str, samples: Iterable[Sample]) -> str:
    lines = [f"# TYPE {name} {kind}\n"]
    for labels, value in samples:
        text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        lines.append(f"{name}{{{text}}} {int(value) if value == int(value) else value}\n")
    return "".join(lines)


def _escaped(value: Any) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
