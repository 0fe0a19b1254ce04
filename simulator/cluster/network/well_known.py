"""The two Services that every cluster has: `kubernetes`, which is its API, and `kube-dns`, which is its DNS.

Neither has pods behind it, so we write their endpoints ourselves, and write all anew when somebody deletes them.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from simulator.cluster.controllers.endpoints import SERVICE_NAME
from simulator.cluster.ports import ServiceAddresses
from simulator.cluster.resources import ENDPOINT_SLICES, ENDPOINTS, SERVICES, Resource
from simulator.cluster.store import Object, Store

API, DNS = ("default", "kubernetes"), ("kube-system", "kube-dns")
"""Namespace and name."""
DNS_LABELS = {
    "k8s-app": "kube-dns",
    "kubernetes.io/cluster-service": "true",
    "kubernetes.io/name": "CoreDNS",
}
API_LABELS = {"component": "apiserver", "provider": "kubernetes"}
_TRIES, _TRY_S = 100, 0.01
_MANAGED_BY = {"endpointslice.kubernetes.io/managed-by": "gameday"}


@dataclass(frozen=True)
class Port:
    """One port of a Service, and the number that it has behind it."""

    name: str
    number: int
    target: int
    protocol: str = "TCP"


class WellKnown:
    """Keeps them there once they are published."""

    def __init__(self, store: Store, addresses: ServiceAddresses) -> None:
        self._store = store
        self._addresses = addresses
        self._published: dict[tuple[str, str], list[tuple[Resource, Object]]] = {}

    def publish(
        self, key: tuple[str, str], host: str, labels: dict[str, str], address: str, ports: Sequence[Port]
    ) -> None:
        """A Service at the ClusterIP `host`, with one endpoint at `address`."""
        self._addresses.allocate(host)
        self._published[key] = list(_objects(key, host, labels, address, ports))
        self._write(key)

    async def run(self) -> None:
        """Until cancelled."""
        watch = self._store.watch(SERVICES)
        try:
            async for change in watch:
                meta = change.object["metadata"]
                key = meta["namespace"], meta["name"]
                if change.type == "DELETED" and key in self._published:
                    await self._reclaim(change.object["spec"]["clusterIP"])
                    self._write(key)
        finally:
            watch.close()

    async def _reclaim(self, host: str) -> None:
        """A deleted Service's address is given back by the API, perhaps a moment after we hear of it."""
        for _ in range(_TRIES):
            with suppress(ValueError):
                self._addresses.allocate(host)
                return
            await asyncio.sleep(_TRY_S)

    def _write(self, key: tuple[str, str]) -> None:
        for resource, obj in self._published[key]:
            if self._store.find(resource, *key) is None:
                self._store.create(resource, obj)


def _objects(
    key: tuple[str, str], host: str, labels: dict[str, str], address: str, ports: Sequence[Port]
) -> list[tuple[Resource, Object]]:
    namespace, name = key
    meta: dict[str, Any] = {"namespace": namespace, "name": name}
    behind = [{"name": each.name, "port": each.target, "protocol": each.protocol} for each in ports]
    service = {
        "metadata": {**meta, "labels": labels},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": host,
            "clusterIPs": [host],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
            "sessionAffinity": "None",
            "ports": [
                {"name": each.name, "port": each.number, "targetPort": each.target, "protocol": each.protocol}
                for each in ports
            ],
        },
        "status": {"loadBalancer": {}},
    }
    endpoints = {"metadata": meta, "subsets": [{"addresses": [{"ip": address}], "ports": behind}]}
    endpoint_slice = {
        "metadata": {**meta, "labels": {SERVICE_NAME: name, **_MANAGED_BY}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True, "serving": True, "terminating": False}}],
        "ports": behind,
    }
    return [(SERVICES, service), (ENDPOINTS, endpoints), (ENDPOINT_SLICES, endpoint_slice)]
