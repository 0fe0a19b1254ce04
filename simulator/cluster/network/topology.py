"""The network as it is now: who has which address, what stands behind Services, what policies allow.

Kept on the event loop and asked from the gate's thread: each entry is replaced whole, never changed in place.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from itertools import count

from simulator.cluster.controllers.endpoints import SERVICE_NAME
from simulator.cluster.kubelet.sandbox.gate import Fate, Flow
from simulator.cluster.network import envoy_config, policies
from simulator.cluster.network.policies import Peer, Policy
from simulator.cluster.network.resolv_conf import PORT, ResolvConf
from simulator.cluster.network.well_known import DNS
from simulator.cluster.resources import (
    ENDPOINT_SLICES,
    NAMESPACES,
    NETWORK_POLICIES,
    PODS,
    SERVICES,
    Resource,
)
from simulator.cluster.store import Change, Object, Store

Place = tuple[str, int]
"""Address and port."""

_OUTSIDE = "127.0.0.1"
"""Where clients come from that are no pods, as servers see them."""


class Topology:
    """Follows the store; the gate's `Route`."""

    def __init__(self, store: Store, resolv_conf: ResolvConf) -> None:
        self._store = store
        self._resolv_conf = resolv_conf
        self._peers: dict[str, Peer] = {}
        self._policies: dict[str, tuple[Policy, ...]] = {}
        self._services: dict[Place, tuple[Place, ...]] = {}
        self._places_of: dict[tuple[str, str], set[Place]] = defaultdict(set)
        self._turns: dict[Place, count[int]] = defaultdict(count)
        self._dns: Place | None = None
        self._dns_host = ""
        self._servers: dict[str, str | None] = {}
        """Whom pods ask that do not ask the cluster's DNS, by their address: a nameserver, or None for the host's."""
        self._aliases: dict[str, dict[str, str]] = {}
        """What pods find in their /etc/hosts, by their address: themselves, and `hostAliases`; names in lower case."""
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, told: Callable[[], None]) -> None:
        """Have `told` called when what policies allow may be another."""
        self._listeners.append(told)

    def serve_dns(self, place: Place, host: str) -> None:
        """The cluster's DNS is at `place` and behind the ClusterIP `host`; pods' questions go there from now on."""
        self._dns, self._dns_host = place, host
        self._put_dns()

    def namespace_of(self, address: str) -> str:
        """The namespace of the pod at an address, "" where there is none."""
        return self._peer(address).namespace

    def alias_of(self, address: str, name: str) -> str | None:
        """What the pod at an address has in its /etc/hosts for a name in lower case."""
        return self._aliases.get(address, {}).get(name)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for resource, follow in (
                (NAMESPACES, self._follow_namespace),
                (PODS, self._follow_pod),
                (NETWORK_POLICIES, self._follow_policy),
                (SERVICES, self._follow_service),
                (ENDPOINT_SLICES, self._follow_slice),
            ):
                group.create_task(self._follow(resource, follow))

    def route(self, flow: Flow) -> Place | Fate:
        """Where a pod's connection goes: to an endpoint where it asks for a Service, if policies allow that."""
        place = self._asked(flow) or (flow.address, flow.port)
        if place[0] == _OUTSIDE:
            return place  # a pod's own loopback, which is no traffic of the network's
        endpoints = self._services.get(place) if flow.protocol == "TCP" else None
        if endpoints is not None:
            if not endpoints:
                return Fate.REFUSED
            place = endpoints[next(self._turns[place]) % len(endpoints)]
        return place if self._allows(flow.source, flow.protocol, place) else Fate.DROPPED

    def _asked(self, flow: Flow) -> Place | None:
        """Where a question goes; None for what is none. Libraries ask the nameserver of the host's resolv.conf."""
        if flow.port != PORT or self._dns is None:
            return None
        server: str | None = flow.address
        if flow.address in self._resolv_conf.now().asked:
            server = self._servers.get(flow.source, self._dns_host)
        if server == self._dns_host:
            return self._dns
        return (server, PORT) if server is not None else None

    def admits_outside(self, place: Place) -> bool:
        """Whether clients that are no pods may connect to an endpoint of a Service."""
        return self._allows(_OUTSIDE, "TCP", place)

    def _allows(self, source: str, protocol: str, place: Place) -> bool:
        client, server = self._peer(source), self._peer(place[0])
        namespaces = dict.fromkeys((client.namespace, server.namespace))
        known = (policy for namespace in namespaces for policy in self._policies.get(namespace, ()))
        port = PORT if place == self._dns else place[1]
        return policies.allows(known, client, server, protocol, port)

    def _peer(self, address: str) -> Peer:
        return self._peers.get(address) or Peer(address)

    async def _follow(self, resource: Resource, follow: Callable[[Change], None]) -> None:
        watch = self._store.watch(resource, 0)
        try:
            async for change in watch:
                follow(change)
        finally:
            watch.close()

    def _follow_namespace(self, change: Change) -> None:
        for pod in self._store.list(PODS, change.object["metadata"]["name"]):
            self._put(pod)
        self._put_dns()
        self._tell()

    def _follow_pod(self, change: Change) -> None:
        address = (change.object.get("status") or {}).get("podIP", "")
        self._servers.pop(address, None)
        self._aliases.pop(address, None)
        before = self._peers.pop(address, None) if change.type == "DELETED" else self._peers.get(address)
        if change.type != "DELETED":
            self._put(change.object)
        if self._policies and self._peers.get(address) != before:
            self._tell()

    def _put(self, pod: Object) -> None:
        address = (pod.get("status") or {}).get("podIP")
        if address:
            namespace = pod["metadata"]["namespace"]
            labels = pod["metadata"].get("labels") or {}
            self._peers[address] = Peer(address, namespace, labels, self._labels_of(namespace), _named_ports(pod))
            self._aliases[address] = {
                (pod["spec"].get("hostname") or pod["metadata"]["name"]): address,
                **{
                    name.lower(): entry["ip"]
                    for entry in pod["spec"].get("hostAliases") or ()
                    for name in entry.get("hostnames") or ()
                },
            }
            match pod["spec"].get("dnsPolicy"):
                case "Default":
                    self._servers[address] = None
                case "None":
                    self._servers[address] = pod["spec"]["dnsConfig"]["nameservers"][0]

    def _put_dns(self) -> None:
        """Policies know the DNS as the pod that it is on other clusters, by label, namespace and port."""
        if self._dns is not None:
            address, namespace = self._dns[0], DNS[0]
            ports = {("UDP", "dns"): PORT, ("TCP", "dns-tcp"): PORT}
            labels = {"k8s-app": "kube-dns"}
            self._peers[address] = Peer(address, namespace, labels, self._labels_of(namespace), ports)

    def _labels_of(self, namespace: str) -> dict[str, str]:
        found = self._store.find(NAMESPACES, "", namespace)
        return dict(found["metadata"].get("labels") or {}) if found else {}

    def _follow_policy(self, change: Change) -> None:
        namespace = change.object["metadata"]["namespace"]
        self._policies[namespace] = tuple(map(policies.read, self._store.list(NETWORK_POLICIES, namespace)))
        self._tell()

    def _follow_service(self, change: Change) -> None:
        meta = change.object["metadata"]
        self._resolve(meta["namespace"], meta["name"])

    def _follow_slice(self, change: Change) -> None:
        meta = change.object["metadata"]
        if name := (meta.get("labels") or {}).get(SERVICE_NAME):
            self._resolve(meta["namespace"], name)

    def _resolve(self, namespace: str, name: str) -> None:
        service = self._store.find(SERVICES, namespace, name)
        slices = [
            each
            for each in self._store.list(ENDPOINT_SLICES, namespace)
            if (each["metadata"].get("labels") or {}).get(SERVICE_NAME) == name
        ]
        found = envoy_config.routes([service] if service else [], {(namespace, name): slices})
        places = {(route.host, route.port): route.endpoints for route in found}
        for gone in self._places_of[namespace, name] - set(places):
            self._services.pop(gone, None)
        self._places_of[namespace, name] = set(places)
        self._services.update(places)

    def _tell(self) -> None:
        for told in self._listeners:
            told()


def _named_ports(pod: Object) -> dict[tuple[str, str], int]:
    return {
        (port.get("protocol", "TCP"), port["name"]): int(port["containerPort"])
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or ()
        if port.get("name")
    }
