"""Defaults of a PodSpec, wherever it stands: in a pod or in a template (pkg/apis/core/v1/defaults.go). In place."""

from typing import Any

from simulator.cluster.store import Object

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_FILE_MODE = 0o644


def fill(spec: Object) -> None:
    """What templates and pods get alike; what is already there stays."""
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
        if (probe := container.get(name)) is not None:
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


def _set_each(items: list[Object] | None, **values: Any) -> None:
    for item in items or ():
        for key, value in values.items():
            item.setdefault(key, value)
