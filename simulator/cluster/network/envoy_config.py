"""What Envoy is told: one TCP proxy listener per port of a Service, or of a node (`hostPort`). Pure.

A listener exists only while its port has a ready endpoint, so that a Service without one refuses connections as
kube-proxy does, instead of accepting and then closing them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulator.cluster.store import Object

Json = dict[str, Any]
_TYPES = "type.googleapis.com/envoy"
_MANY = 1_000_000


@dataclass(frozen=True)
class Route:
    """One port of a Service or a node, and the endpoints behind it."""

    name: str
    host: str
    port: int
    endpoints: tuple[tuple[str, int], ...]


def routes(services: Iterable[Object], slices: Mapping[tuple[str, str], Iterable[Object]]) -> list[Route]:
    """All TCP ports of Services with a ClusterIP; `slices` are EndpointSlices by namespace and Service name."""
    found = []
    for service in services:
        meta, spec = service["metadata"], service["spec"]
        host = spec.get("clusterIP")
        if not host or host == "None":
            continue
        own = list(slices.get((meta["namespace"], meta["name"]), ()))
        for port in spec.get("ports") or ():
            if port.get("protocol", "TCP") == "TCP":
                name = f"{meta['namespace']}.{meta['name']}.{port['port']}"
                found.append(Route(name, host, int(port["port"]), _ready(own, port.get("name", ""))))
    return found


def host_ports(pod: Object) -> list[Route]:
    """The TCP ports of a living pod that its node's own address has too (`hostPort`)."""
    meta, status = pod["metadata"], pod.get("status") or {}
    if not status.get("podIP") or status.get("phase") in ("Succeeded", "Failed"):
        return []
    return [
        Route(
            f"{meta['namespace']}.{meta['name']}.host.{port['hostPort']}",
            status["hostIP"] if port.get("hostIP") in (None, "", "0.0.0.0") else port["hostIP"],
            int(port["hostPort"]),
            ((status["podIP"], int(port["containerPort"])),),
        )
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort") and port.get("protocol", "TCP") == "TCP"
    ]


def narrowed(route: Route, admits: Callable[[tuple[str, int]], bool]) -> Route:
    """The same with those endpoints only that admit its clients."""
    return replace(route, endpoints=tuple(each for each in route.endpoints if admits(each)))


def bootstrap(folder: Path) -> Json:
    """The file that Envoy starts with: it watches `folder` for the rest; no admin port, no statistics."""
    return {
        "node": {"id": "gameday", "cluster": "gameday"},
        "dynamic_resources": {
            "cds_config": _file(folder / "clusters.json"),
            "lds_config": _file(folder / "listeners.json"),
        },
        "stats_config": {"stats_matcher": {"reject_all": True}},
    }


def clusters(all_routes: Iterable[Route], folder: Path) -> Json:
    """CDS: a cluster per route; its endpoints are in a file of their own."""
    return _resources(
        {
            "@type": f"{_TYPES}.config.cluster.v3.Cluster",
            "name": route.name,
            "type": "EDS",
            "connect_timeout": "5s",
            "lb_policy": "ROUND_ROBIN",
            "per_connection_buffer_limit_bytes": 65536,
            "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
            "circuit_breakers": {
                "thresholds": [{"max_connections": _MANY, "max_pending_requests": _MANY, "max_requests": _MANY}]
            },
            "eds_cluster_config": {"eds_config": _file(endpoints_file(folder, route))},
        }
        for route in all_routes
    )


def listeners(all_routes: Iterable[Route]) -> Json:
    """LDS: a listener per route that has an endpoint."""
    return _resources(
        {
            "@type": f"{_TYPES}.config.listener.v3.Listener",
            "name": route.name,
            "address": _address(route.host, route.port),
            "per_connection_buffer_limit_bytes": 65536,
            "filter_chains": [
                {
                    "filters": [
                        {
                            "name": "envoy.filters.network.tcp_proxy",
                            "typed_config": {
                                "@type": f"{_TYPES}.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                                "stat_prefix": "service",
                                "cluster": route.name,
                                "idle_timeout": "0s",
                            },
                        }
                    ]
                }
            ],
        }
        for route in all_routes
        if route.endpoints
    )


def endpoints(route: Route) -> Json:
    """EDS: the ready endpoints of one route."""
    return _resources(
        [
            {
                "@type": f"{_TYPES}.config.endpoint.v3.ClusterLoadAssignment",
                "cluster_name": route.name,
                "endpoints": [
                    {
                        "lb_endpoints": [
                            {"endpoint": {"address": _address(host, port)}} for host, port in route.endpoints
                        ]
                    }
                ],
            }
        ]
    )


def endpoints_file(folder: Path, route: Route) -> Path:
    """Where the endpoints of a route are written."""
    return folder / f"{route.name}.endpoints.json"


def _ready(slices: Iterable[Object], port_name: str) -> tuple[tuple[str, int], ...]:
    found: set[tuple[str, int]] = set()
    for each in slices:
        numbers = [port["port"] for port in each.get("ports") or () if port.get("name", "") == port_name]
        for endpoint in each.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready", True):
                found.update((address, number) for address in endpoint["addresses"] for number in numbers)
    return tuple(sorted(found))


def _resources(resources: Iterable[Json]) -> Json:
    return {"resources": list(resources)}


def _file(path: Path) -> Json:
    return {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"}


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}
