"""What became of pods: how their containers ended, and whether any is left."""

from typing import Any

from chaosk8s import create_k8s_api_client
from chaoslib.types import Secrets
from kubernetes import client

from simulator.faults.waiting import until


def containers_ended(
    label_selector: str,
    reason: str = "",
    exit_codes: list[int] | None = None,
    at_least: int = 1,
    ns: str = "default",
    timeout: float = 30,
    secrets: Secrets = None,
) -> dict[str, Any]:
    """Probe: at least so many pods hold a container whose last instance ended that way. Returns the ends by pod.

    `reason` as the kubelet gives it (empty: any), `exit_codes` that count (None: all).
    """
    api = client.CoreV1Api(create_k8s_api_client(secrets))

    def ended() -> dict[str, str]:
        return {
            pod.metadata.name: f"{end.reason} with status {end.exit_code}"
            for pod in api.list_namespaced_pod(ns, label_selector=label_selector).items
            if pod.metadata.deletion_timestamp is None  # one that was told to end is no evidence
            for status in pod.status.container_statuses or []
            for end in (status.last_state.terminated, status.state.terminated)
            if end is not None and reason in ("", end.reason) and (exit_codes is None or end.exit_code in exit_codes)
        }

    return until(ended, lambda pods: len(pods) >= at_least, f"containers of {label_selector} that ended", timeout)


def no_pod_is_left(label_selector: str, ns: str = "default", timeout: float = 30, secrets: Secrets = None) -> bool:
    """Probe: the last pod of the selector is gone, those that are ending included."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))

    def left() -> list[str]:
        return [pod.metadata.name for pod in api.list_namespaced_pod(ns, label_selector=label_selector).items]

    return not until(left, lambda pods: not pods, f"no pod of {label_selector}", timeout)
