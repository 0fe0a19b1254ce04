"""The plug-in ServiceAccount: a pod's account must exist, and gives it its imagePullSecrets."""

from simulator.cluster import errors
from simulator.cluster.resources import PODS, SERVICE_ACCOUNTS, Resource
from simulator.cluster.store import Object, Store, asked_name


class ServiceAccountPlugin:
    """Looks accounts up in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def admit(self, resource: Resource, obj: Object) -> None:
        """`ApiError` 403 for a pod whose account there is not."""
        if resource != PODS:
            return
        namespace, spec = obj["metadata"]["namespace"], obj["spec"]
        name = spec.get("serviceAccountName") or "default"
        account = self._store.find(SERVICE_ACCOUNTS, namespace, name)
        if account is None:
            why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
            raise errors.forbidden("pods", asked_name(obj), why)
        if account.get("imagePullSecrets"):
            spec.setdefault("imagePullSecrets", account["imagePullSecrets"])
