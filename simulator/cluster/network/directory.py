"""What the cluster's DNS can name, straight from the store."""

from collections.abc import Iterable, Iterator

from simulator.cluster.controllers.endpoints import SERVICE_NAME
from simulator.cluster.resources import ENDPOINT_SLICES, NAMESPACES, SERVICES
from simulator.cluster.store import Object, Store


class StoredDirectory:
    """See `dns_names.Directory`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def has_namespace(self, name: str) -> bool:
        """Whether there is one."""
        return self._store.find(NAMESPACES, "", name) is not None

    def service(self, namespace: str, name: str) -> Object | None:
        """A Service."""
        return self._store.find(SERVICES, namespace, name)

    def slices(self, namespace: str, name: str) -> Iterator[Object]:
        """The EndpointSlices of a Service."""
        for each in self._store.list(ENDPOINT_SLICES, namespace):
            if (each["metadata"].get("labels") or {}).get(SERVICE_NAME) == name:
                yield each

    def services_at(self, address: str) -> Iterable[Object]:
        """Services with this ClusterIP, and headless ones with an endpoint at this address."""
        for service in self._store.list(SERVICES):
            meta, host = service["metadata"], service["spec"].get("clusterIP")
            if host == address or (host == "None" and self._has_endpoint(meta["namespace"], meta["name"], address)):
                yield service

    def _has_endpoint(self, namespace: str, name: str, address: str) -> bool:
        slices = self.slices(namespace, name)
        return any(address in entry["addresses"] for each in slices for entry in each.get("endpoints") or ())
