"""What one object counts against a ResourceQuota (pkg/quota/v1/evaluator/core). Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from simulator.cluster.objects import states
from simulator.cluster.resources import PODS, SERVICES, Resource
from simulator.cluster.scheduler import pod_requests
from simulator.cluster.store import Object

Usage = dict[str, Decimal]
"""By resource name, in its base unit."""
BY_NAME = ("configmaps", "persistentvolumeclaims", "resourcequotas", "secrets", "services")
"""Kinds that are counted under their bare name as well as under `count/`."""
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_ENFORCED = {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}


def usage(resource: Resource, obj: Object) -> Usage:
    """Everything that the object counts as; nothing for a pod that is over, but that it is there."""
    counted = f"count/{resource.plural}" + (f".{resource.group}" if resource.group else "")
    result: Usage = {counted: Decimal(1)}
    if resource == PODS:
        if not states.is_over(obj):
            result |= _of_pod(obj["spec"])
    elif not resource.group and resource.plural in BY_NAME:
        result[resource.plural] = Decimal(1)
    if resource == SERVICES:
        kind, ports = obj["spec"].get("type", "ClusterIP"), len(obj["spec"].get("ports") or ())
        result["services.nodeports"] = Decimal(ports if kind in ("NodePort", "LoadBalancer") else 0)
        result["services.loadbalancers"] = Decimal(kind == "LoadBalancer")
    if resource.plural == "persistentvolumeclaims":
        text = ((obj["spec"].get("resources") or {}).get("requests") or {}).get("storage", "0")
        result["requests.storage"] = Decimal(pod_requests.amounts({"storage": text})["storage"])
    return result


def unsaid(spec: Mapping[str, Any], limited: Iterable[str]) -> str | None:
    """What a pod must say because a quota limits it, in the API server's words; None if it says it all."""
    missing: dict[str, list[str]] = {}
    for name in sorted(_ENFORCED & set(limited)):
        part, _, resource = name.rpartition(".")
        for container in [*spec["containers"], *(spec.get("initContainers") or ())]:
            said = (container.get("resources") or {}).get(part or "requests") or {}
            if resource not in said:
                missing.setdefault(name, []).append(container["name"])
    if not missing:
        return None
    return "must specify " + "; ".join(f"{name} for: {','.join(sorted(who))}" for name, who in missing.items())


def is_in_scope(spec: Mapping[str, Any], resource: Resource, obj: Object) -> bool:
    """Whether a quota with this spec counts the object; scopes are about pods only."""
    selector = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    wanted = [(scope, "Exists") for scope in spec.get("scopes") or ()]
    wanted += [(entry["scopeName"], entry["operator"]) for entry in selector]
    if not wanted:
        return True
    return resource == PODS and all(_has(scope, obj["spec"]) is (op in ("Exists", "In")) for scope, op in wanted)


def _has(scope: str, spec: Mapping[str, Any]) -> bool:
    is_best_effort = not any(
        (container.get("resources") or {}).get(part)
        for container in [*spec["containers"], *(spec.get("initContainers") or ())]
        for part in ("requests", "limits")
    )
    ends = spec.get("activeDeadlineSeconds") is not None
    return {
        "BestEffort": is_best_effort,
        "NotBestEffort": not is_best_effort,
        "Terminating": ends,
        "NotTerminating": not ends,
        "PriorityClass": False,
    }.get(scope, False)


def _of_pod(spec: Mapping[str, Any]) -> Usage:
    result = {"pods": Decimal(1)}
    for part, amounts in (("requests", pod_requests.requests(spec)), ("limits", pod_requests.limits(spec))):
        for name, amount in amounts.items():
            value = Decimal(amount) / (1000 if name == "cpu" else 1)
            if part == "requests" or name in _COMPUTE:
                result[f"{part}.{name}"] = value
            if part == "requests" and name in _COMPUTE:
                result[name] = value
    return result
