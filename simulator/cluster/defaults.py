"""What Kubernetes fills in where a manifest says nothing (pkg/apis/*/v1/defaults.go). Pure; changes in place."""

import base64
from typing import Any

from simulator.cluster.store import Object

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_FILE_MODE = 0o644


def fill(kind: str, obj: Object) -> None:
    """Fill the defaults of any served kind; what is already there stays."""
    match kind:
        case "Pod":
            _pod_spec(obj.setdefault("spec", {}))
            _pod(obj["spec"])
        case "Deployment":
            _deployment(obj.setdefault("spec", {}))
        case "ReplicaSet":
            spec = obj.setdefault("spec", {})
            spec.setdefault("replicas", 1)
            _pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))
        case "Service":
            _service(obj.setdefault("spec", {}))
        case "Secret":
            _secret(obj)
        case "Namespace":
            labels = obj["metadata"].setdefault("labels", {})
            labels.setdefault("kubernetes.io/metadata.name", obj["metadata"].get("name", ""))
            obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
        case "Node":
            obj.setdefault("spec", {})
        case "Endpoints":
            for subset in obj.get("subsets") or ():
                _set_each(subset.get("ports"), protocol="TCP")
        case "EndpointSlice":
            _set_each(obj.get("ports"), protocol="TCP", name="")


def first_status(kind: str, spec: Object) -> Object | None:
    """The status that an object of this kind is born with; None for a kind without one."""
    match kind:
        case "Pod":
            return {"phase": "Pending", "qosClass": qos_class(spec)}
        case "Namespace":
            return {"phase": "Active"}
        case "ReplicaSet":
            return {"replicas": 0}
        case "Service":
            return {"loadBalancer": {}}
        case "Deployment":
            return {}
    return None


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


def _deployment(spec: Object) -> None:
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    _pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def _pod_spec(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    if account := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in [*spec.get("containers", ()), *spec.get("initContainers", ())]:
        _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _pod(spec: Object) -> None:
    """What only a pod gets, not a template: defaults that need the whole pod, and those of admission plug-ins."""
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


def _container(container: Object) -> None:
    tag = container.get("image", "").rpartition("/")[2].partition("@")[0].partition(":")[2]
    has_digest = "@" in container.get("image", "")
    is_latest = not has_digest and tag in ("", "latest")
    container.setdefault("imagePullPolicy", "Always" if is_latest else "IfNotPresent")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    _set_each(container.get("ports"), protocol="TCP")
    for name in _PROBES:
        if probe := container.get(name):
            _probe(probe)
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict) and "httpGet" in hook:
            _set_each([hook["httpGet"]], path="/", scheme="HTTP")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        if "fieldRef" in source:
            source["fieldRef"].setdefault("apiVersion", "v1")
        if "resourceFieldRef" in source:
            source["resourceFieldRef"].setdefault("divisor", "0")


def _probe(probe: Object) -> None:
    _set_each([probe], timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    for name in ("timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if probe[name] == 0:
            probe[name] = {"periodSeconds": 10, "failureThreshold": 3}.get(name, 1)
    if "httpGet" in probe:
        _set_each([probe["httpGet"]], path="/", scheme="HTTP")
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _volume(volume: Object) -> None:
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}
    for source in ("configMap", "secret", "projected", "downwardAPI"):
        if source in volume:
            volume[source].setdefault("defaultMode", _FILE_MODE)
    parts = [volume.get("downwardAPI") or {}, *((volume.get("projected") or {}).get("sources") or ())]
    for part in parts:
        for item in part.get("items") or (part.get("downwardAPI") or {}).get("items") or ():
            if "fieldRef" in item:
                item["fieldRef"].setdefault("apiVersion", "v1")


def _service(spec: Object) -> None:
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))


def _secret(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    for key, text in obj.pop("stringData", {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


def _set_each(items: list[Object] | None, **values: Any) -> None:
    for item in items or ():
        for key, value in values.items():
            item.setdefault(key, value)
