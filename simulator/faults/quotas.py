"""What a namespace may hold: a ResourceQuota set and removed."""

from chaosk8s import create_k8s_api_client
from chaoslib.types import Secrets
from kubernetes import client
from kubernetes.client.rest import ApiException

_CONFLICT = 409
_NOT_FOUND = 404


def set_quota(name: str, hard: dict[str, str], ns: str = "default", secrets: Secrets = None) -> dict[str, str]:
    """Action: limit what the namespace may hold to `hard`. Idempotent."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))
    quota = {"metadata": {"name": name}, "spec": {"hard": hard}}
    try:
        api.create_namespaced_resource_quota(ns, quota)
    except ApiException as error:
        if error.status != _CONFLICT:
            raise
        api.patch_namespaced_resource_quota(name, ns, quota)
    return hard


def remove_quota(name: str, ns: str = "default", secrets: Secrets = None) -> bool:
    """Action: remove the limit. Idempotent; False if there was none."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))
    try:
        # The answer is a Status, which the client cannot read as the quota that it expects.
        api.delete_namespaced_resource_quota(name, ns, _preload_content=False)
    except ApiException as error:
        if error.status != _NOT_FOUND:
            raise
        return False
    return True


def quota_exists(name: str, ns: str = "default", secrets: Secrets = None) -> bool:
    """Probe: whether the namespace has a quota of that name."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))
    return any(quota.metadata.name == name for quota in api.list_namespaced_resource_quota(ns).items)
