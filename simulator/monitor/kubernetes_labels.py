"""Kubernetes objects as discovery labels: the `__meta_kubernetes_*` names of Prometheus. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]
Labels = dict[str, str]
_UNSAFE = re.compile(r"[^a-zA-Z0-9_]")
_PREFIX = "__meta_kubernetes_"


def pod_targets(pods: Mapping[str, Object]) -> Iterator[Labels]:
    """One target per declared container port; a container without ports gives one on the bare address."""
    for pod in pods.values():
        address = pod.get("status", {}).get("podIP")
        if not address:
            continue
        shared = _pod(pod)
        for container, is_init in _containers(pod):
            named = {**shared, **_container(container, is_init)}
            if not container.get("ports"):
                yield {**named, "__address__": address}
            for port in container.get("ports") or ():
                yield {**named, "__address__": f"{address}:{port['containerPort']}", **_port(port)}


def endpoints_targets(
    endpoints: Mapping[str, Object], services: Mapping[str, Object], pods: Mapping[str, Object]
) -> Iterator[Labels]:
    """One target per address and port of each Endpoints object, with its service's and its pod's labels."""
    for key, entry in endpoints.items():
        name = entry["metadata"]["name"]
        shared = {
            f"{_PREFIX}namespace": entry["metadata"].get("namespace", ""),
            f"{_PREFIX}endpoints_name": name,
            **_marks("endpoints", entry, ("label", "annotation")),
        }
        if key in services:
            shared[f"{_PREFIX}service_name"] = name
            shared |= _marks("service", services[key], ("label", "annotation"))
        for subset in entry.get("subsets") or ():
            for field, ready in (("addresses", "true"), ("notReadyAddresses", "false")):
                for address in subset.get(field) or ():
                    for port in subset.get("ports") or ():
                        yield shared | _endpoint(address, port, ready, entry, pods)


def node_targets(nodes: Mapping[str, Object]) -> Iterator[Labels]:
    """One target per node: its first address at the kubelet's port."""
    for node in nodes.values():
        name = node["metadata"]["name"]
        addresses = {item["type"]: item["address"] for item in node.get("status", {}).get("addresses") or ()}
        chosen = next((addresses[kind] for kind in ("InternalIP", "ExternalIP", "Hostname") if kind in addresses), None)
        if chosen is None:
            continue
        endpoints = node.get("status", {}).get("daemonEndpoints", {})
        port = endpoints.get("kubeletEndpoint", {}).get("Port", 10250)
        yield {
            "__address__": f"{chosen}:{port}",
            "instance": name,
            f"{_PREFIX}node_name": name,
            f"{_PREFIX}node_provider_id": node.get("spec", {}).get("providerID", ""),
            **{f"{_PREFIX}node_address_{kind}": address for kind, address in addresses.items()},
            **_marks("node", node, ("label", "annotation")),
        }


def _endpoint(address: Object, port: Object, ready: str, entry: Object, pods: Mapping[str, Object]) -> Labels:
    reference = address.get("targetRef") or {}
    found = {
        "__address__": f"{address['ip']}:{port['port']}",
        f"{_PREFIX}endpoint_port_name": port.get("name", ""),
        f"{_PREFIX}endpoint_port_protocol": port.get("protocol", "TCP"),
        f"{_PREFIX}endpoint_ready": ready,
        f"{_PREFIX}endpoint_hostname": address.get("hostname", ""),
        f"{_PREFIX}endpoint_node_name": address.get("nodeName", ""),
        f"{_PREFIX}endpoint_address_target_kind": reference.get("kind", ""),
        f"{_PREFIX}endpoint_address_target_name": reference.get("name", ""),
    }
    namespace = reference.get("namespace") or entry["metadata"].get("namespace", "")
    pod = pods.get(f"{namespace}/{reference.get('name')}") if reference.get("kind") == "Pod" else None
    if pod is None:
        return found
    found |= _pod(pod)
    for container, is_init in _containers(pod):
        for declared in container.get("ports") or ():
            if declared["containerPort"] == port["port"]:
                return found | _container(container, is_init) | _port(declared)
    return found


def _pod(pod: Object) -> Labels:
    metadata, status, spec = pod["metadata"], pod.get("status", {}), pod.get("spec", {})
    ready = next((c["status"] for c in status.get("conditions") or () if c["type"] == "Ready"), "unknown")
    owner: Object = next((o for o in metadata.get("ownerReferences") or () if o.get("controller")), {})
    return {
        f"{_PREFIX}namespace": metadata.get("namespace", ""),
        f"{_PREFIX}pod_name": metadata["name"],
        f"{_PREFIX}pod_uid": metadata.get("uid", ""),
        f"{_PREFIX}pod_ip": status.get("podIP", ""),
        f"{_PREFIX}pod_host_ip": status.get("hostIP", ""),
        f"{_PREFIX}pod_phase": status.get("phase", ""),
        f"{_PREFIX}pod_ready": str(ready).lower(),
        f"{_PREFIX}pod_node_name": spec.get("nodeName", ""),
        f"{_PREFIX}pod_controller_kind": owner.get("kind", ""),
        f"{_PREFIX}pod_controller_name": owner.get("name", ""),
        **_marks("pod", pod, ("label", "annotation")),
    }


def _containers(pod: Object) -> Iterator[tuple[Object, bool]]:
    spec = pod.get("spec", {})
    statuses = pod.get("status", {})
    for field, states, is_init in (
        ("containers", "containerStatuses", False),
        ("initContainers", "initContainerStatuses", True),
    ):
        ids = {state["name"]: state.get("containerID", "") for state in statuses.get(states) or ()}
        for container in spec.get(field) or ():
            yield {**container, "id": ids.get(container["name"], "")}, is_init


def _container(container: Object, is_init: bool) -> Labels:
    return {
        f"{_PREFIX}pod_container_name": container["name"],
        f"{_PREFIX}pod_container_image": container.get("image", ""),
        f"{_PREFIX}pod_container_id": container["id"],
        f"{_PREFIX}pod_container_init": str(is_init).lower(),
    }


def _port(port: Object) -> Labels:
    return {
        f"{_PREFIX}pod_container_port_name": port.get("name", ""),
        f"{_PREFIX}pod_container_port_number": str(port["containerPort"]),
        f"{_PREFIX}pod_container_port_protocol": port.get("protocol", "TCP"),
    }


def _marks(kind: str, thing: Object, fields: tuple[str, ...]) -> Labels:
    """Labels and annotations, each with its `present` twin, under names that Prometheus allows."""
    found: Labels = {}
    for field in fields:
        for name, value in (thing["metadata"].get(f"{field}s") or {}).items():
            safe = _UNSAFE.sub("_", name)
            found[f"{_PREFIX}{kind}_{field}_{safe}"] = value
            found[f"{_PREFIX}{kind}_{field}present_{safe}"] = "true"
    return found
