"""The plug-in ServiceAccount: a pod's account must exist; it gives the pod its imagePullSecrets and a token.

The token comes, with the cluster's certificate authority and the namespace, in a projected volume that is mounted into
every container, unless pod or account say `automountServiceAccountToken: false`.
"""

from simulator.cluster import errors
from simulator.cluster.resources import PODS, SERVICE_ACCOUNTS, Resource
from simulator.cluster.store import Object, Store, asked_name, generated

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
_EXPIRES_S = 3607
_SOURCES = [
    {"serviceAccountToken": {"expirationSeconds": _EXPIRES_S, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {
        "downwardAPI": {
            "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
        }
    },
]


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
        if spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True)):
            _mount(spec)


def _mount(spec: Object) -> None:
    name = generated("kube-api-access-")
    mount = {"name": name, "readOnly": True, "mountPath": FOLDER}
    is_needed = False
    for part in ("initContainers", "containers"):
        for container in spec.get(part) or ():
            mounts = container.get("volumeMounts") or []
            if all(each["mountPath"] != FOLDER for each in mounts):
                container["volumeMounts"] = [*mounts, mount]
                is_needed = True
    if is_needed:
        volume = {"name": name, "projected": {"defaultMode": 0o644, "sources": _SOURCES}}
        spec["volumes"] = [*(spec.get("volumes") or ()), volume]
