"""What every namespace has: the service account `default`, and the ConfigMap with the cluster's certificate authority.

kube-controller-manager's serviceaccount and root-ca-certificate-publisher.
"""

from collections.abc import Iterable

from simulator.cluster.controllers.reconciling import Key, drive
from simulator.cluster.kinds import admission
from simulator.cluster.objects import states
from simulator.cluster.resources import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS
from simulator.cluster.store import Change, Object, Store

ROOT_CA = "kube-root-ca.crt"
_WHY = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


class NamespaceParts:
    """Makes them, and makes them again if somebody takes them away."""

    def __init__(self, store: Store, ca_pem: str) -> None:
        self._store = store
        self._ca_pem = ca_pem

    async def run(self) -> None:
        """Until cancelled."""
        sources = [(NAMESPACES, _of_namespace), (SERVICE_ACCOUNTS, _of_part), (CONFIG_MAPS, _of_part)]
        await drive(self._store, sources, self.reconcile, name="namespace-parts")

    def reconcile(self, key: Key) -> None:
        """One namespace."""
        namespace = self._store.find(NAMESPACES, "", key[0])
        if namespace is None or states.is_marked(namespace):
            return
        if self._store.find(SERVICE_ACCOUNTS, key[0], "default") is None:
            account: Object = {"metadata": {"namespace": key[0], "name": "default"}}
            self._store.create(SERVICE_ACCOUNTS, admission.admit(SERVICE_ACCOUNTS, account))
        meta = {"namespace": key[0], "name": ROOT_CA, "annotations": {"kubernetes.io/description": _WHY}}
        data = {"ca.crt": self._ca_pem}
        found = self._store.find(CONFIG_MAPS, key[0], ROOT_CA)
        if found is None:
            self._store.create(CONFIG_MAPS, admission.admit(CONFIG_MAPS, {"metadata": meta, "data": data}))
        elif found.get("data") != data:
            self._store.modify(CONFIG_MAPS, key[0], ROOT_CA, lambda draft: {**draft, "data": data})


def _of_namespace(change: Change) -> Iterable[Key]:
    return [(change.object["metadata"]["name"], "")]


def _of_part(change: Change) -> Iterable[Key]:
    meta = change.object["metadata"]
    return [(meta["namespace"], "")] if meta["name"] in ("default", ROOT_CA) else []
