"""NetworkPolicies: which there are, and one that goes, whether or not somebody else was quicker."""

from chaosk8s import create_k8s_api_client
from chaoslib.types import Secrets
from kubernetes import client


def has_network_policy(name: str, ns: str = "default", secrets: Secrets = None) -> bool:
    """Probe: whether the policy is there."""
    api = client.NetworkingV1Api(create_k8s_api_client(secrets))
    return any(policy.metadata.name == name for policy in api.list_namespaced_network_policy(ns).items)


def delete_network_policy(name: str, ns: str = "default", secrets: Secrets = None) -> bool:
    """Action: delete the policy; False if it was gone already. Idempotent."""
    api = client.NetworkingV1Api(create_k8s_api_client(secrets))
    try:
        api.delete_namespaced_network_policy(name, ns)
    except client.ApiException as error:
        if error.status != 404:
            raise
        return False
    return True
