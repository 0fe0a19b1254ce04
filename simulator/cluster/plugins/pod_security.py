"""The plug-ins PodSecurity and RuntimeClass: what a process among others cannot be given, a pod may not ask for.

The rules are those of the Pod Security Standard `baseline` (Kubernetes documentation "Pod Security Standards") that
stand for the host itself, and the words are those of a cluster that enforces it.
"""

from collections.abc import Iterator

from simulator.cluster import errors
from simulator.cluster.resources import PODS, Resource
from simulator.cluster.store import Object, asked_name

_HOST = ("hostNetwork", "hostPID", "hostIPC")


def admit(resource: Resource, obj: Object) -> None:
    """`ApiError` 403 for a pod that asks for the host, or for a runtime that there is not."""
    if resource != PODS:
        return
    violations = ", ".join(_violations(obj["spec"]))
    if violations:
        why = f'violates PodSecurity "baseline:latest": {violations}'
        raise errors.forbidden("pods", asked_name(obj), why)
    if (name := obj["spec"].get("runtimeClassName")) is not None:
        raise errors.forbidden("pods", asked_name(obj), f'pod rejected: RuntimeClass "{name}" not found')


def _violations(spec: Object) -> Iterator[str]:
    if asked := [f"{key}=true" for key in _HOST if spec.get(key)]:
        yield f"host namespaces ({', '.join(asked)})"
    containers = [*(spec.get("initContainers") or ()), *spec["containers"]]
    privileged = [each["name"] for each in containers if (each.get("securityContext") or {}).get("privileged")]
    if privileged:
        yield f"privileged ({_named('container', privileged)} must not set securityContext.privileged=true)"
    if paths := [volume["name"] for volume in spec.get("volumes") or () if "hostPath" in volume]:
        yield f"hostPath volumes ({_named('volume', paths)})"


def _named(noun: str, names: list[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"{noun} {quoted}" if len(names) == 1 else f"{noun}s {quoted}"
