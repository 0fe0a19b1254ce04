"""What the drill itself reads and writes in the target's namespace, through the official client.

The calls block, at most `ANSWER_LIMIT_S` wall seconds each; the runner makes them in a thread. A cluster that does
not answer, or refuses, is a `NotPossible` that says so.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3

from simulator.drill.belongings import KINDS, Kind, Object, Snapshot, Step, belongings, steps_back
from simulator.drill.troubles import troubles
from simulator.errors import BadInput, NotPossible

ANSWER_LIMIT_S = 10.0
LONGEST_LINE = 300
"""Bytes of what a container said, in an error."""
_DONE = {"create": "recreated", "patch": "restored", "delete": "deleted"}
_TO_DO = {"create": "recreate", "patch": "restore", "delete": "delete"}


class Refused(NotPossible):
    """The cluster answered, with another status (of HTTP) than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
        self._client = client
        self._api = api
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._failure = client.ApiException

    def services(self) -> list[str]:
        """Names of all Services, sorted."""
        return sorted(i["metadata"]["name"] for i in self._items(self._core.list_namespaced_service))

    def ready_replicas(self) -> dict[str, int]:
        """Ready replicas of each Deployment and StatefulSet."""
        return {item["metadata"]["name"]: item.get("status", {}).get("readyReplicas", 0) for item in self._workloads()}

    def unready(self) -> list[str]:
        """Deployments and StatefulSets that are not rolled out whole: name and what is missing."""
        waiting = []
        for item in self._workloads():
            wanted, status = item["spec"].get("replicas", 1), item.get("status", {})
            ready = min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0))
            observed = status.get("observedGeneration", 0) >= item["metadata"].get("generation", 0)
            if ready < wanted or status.get("replicas", 0) != wanted or not observed:
                waiting.append(f"{item['metadata']['name']} {ready}/{wanted}")
        return waiting

    def troubles(self) -> list[str]:
        """Why pods are not ready, a sentence for each."""
        return troubles(self._items(self._core.list_namespaced_pod), self._last_line)

    def cluster_ip(self, service: str) -> str:
        """The Service's ClusterIP. Raises `NotPossible` if there is no such Service."""
        for item in self._items(self._core.list_namespaced_service):
            if item["metadata"]["name"] == service:
                return str(item["spec"]["clusterIP"])
        raise NotPossible(f"service {service} is not in namespace {self.namespace}")

    def deployments(self) -> list[dict[str, Any]]:
        """All Deployments, as the cluster has them."""
        return self._items(self._apps.list_namespaced_deployment)

    def node_count(self) -> int:
        """How many nodes the cluster has, whatever their state."""
        return len(self._all(self._core.list_node))

    def exists(self) -> bool:
        """Whether the namespace is there."""
        return any(item["metadata"]["name"] == self.namespace for item in self._all(self._core.list_namespace))

    def snapshot(self) -> Snapshot:
        """What the namespace holds, of the kinds that this cluster serves."""
        return {kind.name: seen for kind in KINDS if (seen := self._belongings(kind)) is not None}

    def restore(self, snapshot: Snapshot) -> list[str]:
        """Make the namespace hold again what it held; says what that took. What is as it was is not written."""
        changed = []
        for kind, step in self._differences(snapshot):
            self._take(kind, step)
            changed.append(f"{_DONE[step.what]} {kind.name} {step.name}")
        return changed

    def changes(self, snapshot: Snapshot) -> list[str]:
        """What `restore` would do, in its words; nothing is written."""
        return [f"{_TO_DO[step.what]} {kind.name} {step.name}" for kind, step in self._differences(snapshot)]

    def read(self, kind: Kind, name: str) -> Object | None:
        """One object of the namespace, or None if it, or the namespace, is not there."""
        try:
            found: Object = json.loads(self._ask(self._call("read", kind), name, self.namespace).data)
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    def create(self, kind: Kind, body: Object) -> None:
        """Make an object. Raises `Refused` with status 409 if there is one of that name."""
        self._ask(self._call("create", kind), self.namespace, body)

    def replace(self, kind: Kind, body: Object) -> None:
        """Write an object as a whole. Raises `Refused` with status 409 if it was changed since `body` was read."""
        self._ask(self._call("replace", kind), body["metadata"]["name"], self.namespace, body)

    def delete(self, kind: Kind, name: str) -> None:
        """Delete an object; one that is gone is no error."""
        self._take(kind, Step("delete", name))

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

    def _last_line(self, pod: str, container: str, previous: bool) -> str:
        """Empty where there is none to be had."""
        asked = {"container": container, "previous": previous, "tail_lines": 1, "limit_bytes": LONGEST_LINE}
        try:
            said = self._ask(self._core.read_namespaced_pod_log, pod, self.namespace, **asked).data
        except NotPossible:
            return ""
        return str(said.decode(errors="replace")).strip()

    def _workloads(self) -> list[dict[str, Any]]:
        return [
            *self._items(self._apps.list_namespaced_deployment),
            *self._items(self._apps.list_namespaced_stateful_set),
        ]

    def _belongings(self, kind: Kind) -> dict[str, dict[str, Any]] | None:
        """None for a kind that the cluster does not serve."""
        try:
            return belongings(kind, self._items(self._call("list", kind)))
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _differences(self, snapshot: Snapshot) -> Iterator[tuple[Kind, Step]]:
        """Kind by kind, each as it is when its turn comes."""
        for kind in KINDS:
            if kind.name in snapshot:
                for step in steps_back(kind, snapshot[kind.name], self._belongings(kind) or {}):
                    yield kind, step

    def _take(self, kind: Kind, step: Step) -> None:
        """What is gone needs no deletion; what cannot be changed in place is made anew."""
        try:
            if step.what == "patch":
                self._ask(self._call("patch", kind), step.name, self.namespace, list(step.patch))
            elif step.what == "create":
                self._ask(self._call("create", kind), self.namespace, step.body)
            else:
                self._ask(self._call("delete", kind), step.name, self.namespace, propagation_policy="Background")
        except Refused as error:
            if step.what == "patch" and error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                self._take(kind, replace(step, what="delete"))
                self._take(kind, replace(step, what="create"))
            elif step.what != "delete" or error.status != HTTPStatus.NOT_FOUND:
                raise

    def _call(self, verb: str, kind: Kind) -> Callable[..., Any]:
        """The official client's function, such as `patch_namespaced_config_map`."""
        api = getattr(self._client, kind.group)(self._api)
        found: Callable[..., Any] = getattr(api, f"{verb}_namespaced_{kind.noun}")
        return found

    def _items(self, list_call: Callable[..., Any], **options: Any) -> list[dict[str, Any]]:
        return self._all(list_call, self.namespace, **options)

    def _all(self, list_call: Callable[..., Any], *arguments: str, **options: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self._ask(list_call, *arguments, **options).data)["items"]
        return items

    def _ask(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return call(*arguments, _preload_content=False, _request_timeout=ANSWER_LIMIT_S, **options)
        except self._failure as error:
            raise Refused(error.status, f"the cluster refused: {error.status} {error.reason}: {error.body}") from error
        except urllib3.exceptions.HTTPError as error:
            raise NotPossible(f"the cluster of {self.kubeconfig} does not answer: {error}") from error
