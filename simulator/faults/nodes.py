"""A machine that loses its power, by whatever command switches the nodes of this cluster."""

import subprocess

from chaosk8s import create_k8s_api_client
from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Secrets
from kubernetes import client

from simulator.faults.waiting import until

LIMIT_S = 60.0


def power_off_node_of(command: str, label_selector: str, ns: str = "default", secrets: Secrets = None) -> str:
    """Action: switch off the node that the first pod of the selector runs on. Returns its name.

    `command` is a line for the shell, with `{node}` where the name goes: `gameday node stop {node}`,
    `docker stop {node}` for a node of kind.
    """
    api = client.CoreV1Api(create_k8s_api_client(secrets))
    pods = api.list_namespaced_pod(ns, label_selector=label_selector).items
    node = next((str(pod.spec.node_name) for pod in pods if pod.spec.node_name), None)
    if node is None:
        raise ActivityFailed(f"no pod of {label_selector} is on a node")
    _run(command.replace("{node}", node))
    return node


def power_on_nodes(command: str) -> str:
    """Action: switch every node on that is off. Idempotent. `command` is a line for the shell."""
    return _run(command)


def nodes_are_ready(secrets: Secrets = None) -> bool:
    """Probe: whether every node that the cluster knows is ready."""
    return not _silent(client.CoreV1Api(create_k8s_api_client(secrets)))


def node_is_silent(timeout: float = 90, secrets: Secrets = None) -> list[str]:
    """Probe: Kubernetes has noticed that a node no longer reports. Returns the names of such nodes."""
    api = client.CoreV1Api(create_k8s_api_client(secrets))
    return until(lambda: _silent(api), bool, "a node whose readiness is Unknown", timeout)


def _silent(api: client.CoreV1Api) -> list[str]:
    return [
        node.metadata.name
        for node in api.list_node().items
        if not any(each.type == "Ready" and each.status == "True" for each in node.status.conditions or [])
    ]


def _run(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        raise ActivityFailed(f"{command}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()
