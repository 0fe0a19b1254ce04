"""Bad revisions: a setting of a Deployment changed and rolled out, as a release pipeline would."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chaosk8s import create_k8s_api_client
from chaoslib.types import Secrets
from kubernetes import client

from simulator.faults.waiting import until

_TOLD_BY = {"CrashLoopBackOff": "Back-off restarting failed container"}
"""What the kubelet's Event says for a reason to wait, where the reason itself is not in its words."""
_EVENTS_BEFORE = timedelta(seconds=5)
"""A probe may begin late on a busy machine; an earlier drill ended its pods longer ago than this."""


def set_environment(
    name: str, container: str, values: dict[str, str | None], ns: str = "default", secrets: Secrets = None
) -> dict[str, str | None]:
    """Action: set variables of a container (None removes one), which rolls out a new revision. Idempotent."""
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    env = [
        {"name": key, "$patch": "delete"} if value is None else {"name": key, "value": value}
        for key, value in values.items()
    ]
    patch = {"spec": {"template": {"spec": {"containers": [{"name": container, "env": env}]}}}}
    api.patch_namespaced_deployment(name, ns, patch)
    return values


def replace_pods(
    name: str, label_selector: str, ns: str = "default", timeout: float = 60, secrets: Secrets = None
) -> list[str]:
    """Action: delete the Deployment's pods one at a time, each when the one before has a successor that is ready."""
    api = create_k8s_api_client(secrets)
    apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
    pods = [pod.metadata.name for pod in core.list_namespaced_pod(ns, label_selector=label_selector).items]
    wanted = apps.read_namespaced_deployment(name, ns).spec.replicas

    def ready() -> set[str]:
        return {
            pod.metadata.name
            for pod in core.list_namespaced_pod(ns, label_selector=label_selector).items
            if pod.metadata.deletion_timestamp is None
            and any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or [])
        }

    for pod in pods:
        core.delete_namespaced_pod(pod, ns)
        until(ready, lambda seen, gone=pod: len(seen - {gone}) >= wanted, f"{wanted} pods without {pod}", timeout)  # type: ignore[misc]
    return pods


def environment_is(
    name: str, container: str, variable: str, value: str | None, ns: str = "default", secrets: Secrets = None
) -> bool:
    """Probe: whether the container's own `env` gives `variable` that value (None: does not set it)."""
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    template = api.read_namespaced_deployment(name, ns).spec.template.spec
    for one in template.containers:
        if one.name == container:
            return {entry.name: entry.value for entry in one.env or []}.get(variable) == value
    return False


def set_image(
    name: str,
    container: str,
    image: str,
    max_unavailable: str | int | None = None,
    ns: str = "default",
    secrets: Secrets = None,
) -> dict[str, str]:
    """Action: give a container another image, which rolls out a new revision. Idempotent.

    `max_unavailable`: how many pods are replaced at a time; the Deployment's own strategy where it is left out.
    """
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    patch: dict[str, Any] = {"spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}}}
    if max_unavailable is not None:
        patch["spec"]["strategy"] = {"rollingUpdate": {"maxUnavailable": max_unavailable}}
    api.patch_namespaced_deployment(name, ns, patch)
    return {container: image}


def image_is(name: str, container: str, image: str, ns: str = "default", secrets: Secrets = None) -> bool:
    """Probe: whether the container runs that image in the Deployment's newest revision."""
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    template = api.read_namespaced_deployment(name, ns).spec.template.spec
    return any(one.image == image for one in template.containers if one.name == container)


def change_container(
    name: str, container: str, changes: dict[str, Any], ns: str = "default", secrets: Secrets = None
) -> dict[str, Any]:
    """Action: change fields of a container, merged as `kubectl patch` does; None removes one.

    Rolls out a new revision. Idempotent.
    """
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    patch = {"spec": {"template": {"spec": {"containers": [{"name": container, **changes}]}}}}
    api.patch_namespaced_deployment(name, ns, patch)
    return changes


def cap_cpu(
    name: str,
    container: str,
    cores: str | None,
    max_unavailable: str | int,
    timeout: float = 60,
    ns: str = "default",
    secrets: Secrets = None,
) -> str:
    """Action: give a container a CPU limit (None: take it away), and wait until every pod has it. Idempotent.

    `max_unavailable`: how many pods are replaced at a time; the Deployment keeps it.
    """
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    template = {"spec": {"containers": [{"name": container, "resources": {"limits": {"cpu": cores}}}]}}
    strategy = {"rollingUpdate": {"maxUnavailable": max_unavailable}}
    api.patch_namespaced_deployment(name, ns, {"spec": {"strategy": strategy, "template": template}})

    def look() -> Any:
        return api.read_namespaced_deployment(name, ns)

    def rolled_out(seen: Any) -> bool:
        status, wanted = seen.status, seen.spec.replicas
        counts = (status.replicas or 0, status.updated_replicas or 0, status.available_replicas or 0)
        return status.observed_generation >= seen.metadata.generation and counts == (wanted,) * 3

    until(look, rolled_out, f"pods of {name} with a CPU limit of {cores}", timeout)
    return f"CPU limit {cores or 'none'}"


def memory_limit(name: str, container: str, ns: str = "default", secrets: Secrets = None) -> str:
    """Probe: the memory that a container may have in the newest revision, as the manifest says; empty without limit."""
    api = client.AppsV1Api(create_k8s_api_client(secrets))
    template = api.read_namespaced_deployment(name, ns).spec.template.spec
    limits = [(one.resources and one.resources.limits) or {} for one in template.containers if one.name == container]
    return next((str(each.get("memory", "")) for each in limits), "")


def container_has(
    name: str, container: str, fields: dict[str, Any], ns: str = "default", secrets: Secrets = None
) -> bool:
    """Probe: whether a container of the newest revision has all these fields; of variables, by their names."""
    api = create_k8s_api_client(secrets)
    deployment = client.AppsV1Api(api).read_namespaced_deployment(name, ns)
    containers = api.sanitize_for_serialization(deployment)["spec"]["template"]["spec"]["containers"]
    return any(_holds(each, fields) for each in containers if each["name"] == container)


def _holds(seen: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        asked = {key: value for key, value in wanted.items() if key != "$patch"}
        return isinstance(seen, dict) and all(_holds(seen.get(key), value) for key, value in asked.items())
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        there = {each["name"]: each for each in seen or []}
        return all(_holds(there.get(each["name"]), each) for each in wanted)
    return bool(seen == wanted)


def pods_wait_for(
    label_selector: str,
    reason: str | list[str],
    at_least: int = 1,
    ns: str = "default",
    timeout: float = 30,
    secrets: Secrets = None,
) -> dict[str, str]:
    """Probe: at least so many pods have a container waiting for `reason`, or one of them. Returns the reasons by pod.

    Pods that waited and are gone count too, by their Events: a quick responder may have ended them before the first
    look.
    """
    reasons = [reason] if isinstance(reason, str) else reason
    api = create_k8s_api_client(secrets)
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    since = datetime.now(UTC) - _EVENTS_BEFORE

    def waiting() -> dict[str, str]:
        return {
            pod.metadata.name: status.state.waiting.reason
            for pod in core.list_namespaced_pod(ns, label_selector=label_selector).items
            for status in pod.status.container_statuses or []
            if status.state.waiting is not None and status.state.waiting.reason in reasons
        }

    def told() -> dict[str, str]:
        sets = apps.list_namespaced_replica_set(ns, label_selector=label_selector).items
        names = tuple(f"{each.metadata.name}-" for each in sets)
        return {
            event.involved_object.name: why
            for event in core.list_namespaced_event(ns, field_selector="involvedObject.kind=Pod").items
            for why in reasons
            if event.involved_object.name.startswith(names)
            and event.last_timestamp is not None
            and event.last_timestamp >= since
            and _TOLD_BY.get(why, why) in event.message
        }

    def seen() -> dict[str, str]:
        return {**told(), **waiting()}

    return until(seen, lambda pods: len(pods) >= at_least, f"pods {label_selector} in {reason}", timeout)
