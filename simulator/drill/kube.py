"""What the drill itself reads and writes in the target's namespace, through the official client.

The calls block, at most `ANSWER_LIMIT_S` wall seconds each; the runner makes them in a thread. A cluster that does
not answer, or refuses, is a `NotPossible` that says so.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from simulator.errors import BadInput, NotPossible

Spec = dict[str, Any]
ANSWER_LIMIT_S = 10.0


@dataclass(frozen=True)
class Snapshot:
    """The Deployments of a namespace as they were: name to spec."""

    deployments: dict[str, Spec]


class Kube:
    """One namespace of one cluster."""

    def __init__(self, kubeconfig: Path, context: str | None, namespace: str) -> None:
        """Raises `BadInput` if the kubeconfig does not exist or has no such context."""
        from kubernetes import client, config

        if not kubeconfig.is_file():
            raise BadInput(f"--kubeconfig: {kubeconfig}: there is no such file")
        try:
            api = config.new_client_from_config(str(kubeconfig), context=context)
        except config.ConfigException as error:
            raise BadInput(f"--kubeconfig: {kubeconfig}: {error}") from error
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._failure = client.ApiException

    def services(self) -> list[str]:
        """Names of all Services, sorted."""
        return sorted(i["metadata"]["name"] for i in self._items(self._core.list_namespaced_service))

    def ready_replicas(self) -> dict[str, int]:
        """Ready replicas of each Deployment."""
        return {
            item["metadata"]["name"]: item.get("status", {}).get("readyReplicas", 0)
            for item in self._items(self._apps.list_namespaced_deployment)
        }

    def unready(self) -> list[str]:
        """Deployments that are not rolled out whole: name and what is missing."""
        waiting = []
        for item in self._items(self._apps.list_namespaced_deployment):
            wanted, status = item["spec"].get("replicas", 1), item.get("status", {})
            ready = min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0))
            observed = status.get("observedGeneration", 0) >= item["metadata"].get("generation", 0)
            if ready < wanted or status.get("replicas", 0) != wanted or not observed:
                waiting.append(f"{item['metadata']['name']} {ready}/{wanted}")
        return waiting

    def cluster_ip(self, service: str) -> str:
        """The Service's ClusterIP. Raises `NotPossible` if there is no such Service."""
        for item in self._items(self._core.list_namespaced_service):
            if item["metadata"]["name"] == service:
                return str(item["spec"]["clusterIP"])
        raise NotPossible(f"service {service} is not in namespace {self.namespace}")

    def exists(self) -> bool:
        """Whether the namespace is there."""
        return any(item["metadata"]["name"] == self.namespace for item in self._all(self._core.list_namespace))

    def snapshot(self) -> Snapshot:
        """All Deployments' specs."""
        return Snapshot(
            {item["metadata"]["name"]: item["spec"] for item in self._items(self._apps.list_namespaced_deployment)}
        )

    def restore(self, snapshot: Snapshot) -> list[str]:
        """Bring every Deployment back to its snapshot and delete those that came later; names what changed.

        The strategy and replicas come back with the rest. One that is as it was is not written.
        """
        changed = []
        for item in self._items(self._apps.list_namespaced_deployment):
            name = item["metadata"]["name"]
            wanted = snapshot.deployments.get(name)
            if wanted is None:
                self._ask(self._apps.delete_namespaced_deployment, name, self.namespace)
                changed.append(f"deleted {name}")
            elif wanted != item["spec"]:
                item["spec"] = wanted
                self._ask(self._apps.replace_namespaced_deployment, name, self.namespace, item)
                changed.append(f"restored {name}")
        return changed

    def ready_pods(self, selector: str) -> set[str]:
        """Names of the pods that `selector` matches, that are ready and not on their way out."""
        return {
            str(item["metadata"]["name"])
            for item in self._items(self._core.list_namespaced_pod, label_selector=selector)
            if "deletionTimestamp" not in item["metadata"]
            and any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", []))
        }

    def delete_pod(self, name: str) -> None:
        """Delete one pod; its controller makes another."""
        self._ask(self._core.delete_namespaced_pod, name, self.namespace)

    def _items(self, list_call: Callable[..., Any], **options: Any) -> list[dict[str, Any]]:
        return self._all(list_call, self.namespace, **options)

    def _all(self, list_call: Callable[..., Any], *arguments: str, **options: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self._ask(list_call, *arguments, **options).data)["items"]
        return items

    def _ask(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return call(*arguments, _preload_content=False, _request_timeout=ANSWER_LIMIT_S, **options)
        except self._failure as error:
            raise NotPossible(f"the cluster refused: {error.status} {error.reason}: {error.body}") from error
        except urllib3.exceptions.HTTPError as error:
            raise NotPossible(f"the cluster of {self.kubeconfig} does not answer: {error}") from error
