"""What the cluster gives a pod: the variables of its containers, and what its volumes show."""

from dataclasses import dataclass
from pathlib import Path

from simulator.cluster.kubelet import amounts, environment, memory_volumes, volume_attachment, volumes
from simulator.cluster.kubelet.environment import ConfigError
from simulator.cluster.kubelet.host import Node
from simulator.cluster.resources import (
    CONFIG_MAPS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    SECRETS,
    SERVICES,
)
from simulator.cluster.store import Object, Store

_FOUND = {each.plural: each for each in (CONFIG_MAPS, SECRETS, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES)}


@dataclass(frozen=True)
class Inputs:
    """Of a pod of one namespace on one node, read from the store each time; `folder` is the pod's own."""

    store: Store
    node: Node
    namespace: str
    folder: Path

    def variables(self, pod: Object, container: Object) -> dict[str, str]:
        """All variables of a container's environment. `ConfigError` if something is missing."""
        services = list(self.store.list(SERVICES, self.namespace))
        api = self.store.find(SERVICES, *environment.API)
        root = self.folder / "root"
        env = {
            "HOSTNAME": pod["metadata"]["name"],
            "HOME": str(root),
            "TMPDIR": str(root / "tmp"),
            "GAMEDAY_POD_ROOT": str(root),
            "GAMEDAY_POD_IP": (pod.get("status") or {}).get("podIP", ""),
        }
        return env | environment.resolve(container, pod, services, self._find, api)

    def write_volumes(self, pod: Object) -> None:
        """Write the volumes; again when what they show has changed. `ConfigError` if something is missing."""
        if volumes.claims(pod):
            volume_attachment.check(pod, list(self.store.list(PODS, self.namespace)), self._find)

        def token(audience: str) -> str:
            account, meta = pod["spec"].get("serviceAccountName") or "default", pod["metadata"]
            return self.node.tokens.for_pod(self.namespace, account, meta["name"], meta["uid"], audience)

        sources = volumes.Sources(self._find, token, self.node.state / "volumes")
        volumes.materialise(pod, self.folder, sources)

    def memory_volumes(self, pod: Object) -> dict[str, int]:
        """Its volumes in memory, and the bytes that each may hold. `ConfigError` where its node is gone."""
        if not memory_volumes.has_any(pod):
            return {}
        node = self.store.find(NODES, "", self.node.name)
        if node is None:
            raise ConfigError(f'node "{self.node.name}" not found')
        return memory_volumes.sizes(pod, amounts.whole(node["status"]["allocatable"]["memory"]))

    def _find(self, plural: str, name: str) -> Object | None:
        resource = _FOUND[plural]
        return self.store.find(resource, self.namespace if resource.is_namespaced else "", name)
