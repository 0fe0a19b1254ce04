"""The Deployment that users reach, as the cluster has it: what experiments and runbooks are told of it. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.drill.app.description import Breaks
from simulator.drill.documents import shown
from simulator.drill.target import Target
from simulator.errors import NotPossible

NO_PROGRAM = ["/no/such/program"]


@dataclass(frozen=True)
class Workload:
    """A Deployment and the container in it that serves users, as its manifest has that."""

    selector: str
    replicas: int
    container: Mapping[str, Any]


def find_workload(deployments: Sequence[Mapping[str, Any]], target: Target) -> Workload:
    """The target's among a namespace's Deployments. Raises `NotPossible` that names what there is instead."""
    names = [each["metadata"]["name"] for each in deployments]
    if target.deployment not in names:
        raise NotPossible(
            f"{shown(target.file)}: serves.deployment: there is no '{target.deployment}' in namespace "
            f"{target.namespace}, only {', '.join(names) or 'nothing'}"
        )
    spec = deployments[names.index(target.deployment)]["spec"]
    containers = {each["name"]: each for each in spec["template"]["spec"]["containers"]}
    container = target.container or next(iter(containers))
    if container not in containers:
        raise NotPossible(
            f"{shown(target.file)}: serves.container: there is no '{container}' in {target.deployment}, "
            f"only {', '.join(containers)}"
        )
    labels = spec["selector"].get("matchLabels") or {}
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return Workload(selector, spec.get("replicas", 1), containers[container])


def known_as(target: Target, workload: Workload) -> Target:
    """The target with what its description left to the cluster."""
    return replace(target, container=workload.container["name"], selector=workload.selector)


def shell_variables(target: Target, workload: Workload, app_url: str) -> dict[str, str]:
    """What runbooks for any app name things by."""
    return {
        "NAMESPACE": target.namespace,
        "DEPLOYMENT": target.deployment,
        "CONTAINER": target.container,
        "SELECTOR": target.selector,
        "REPLICAS": str(workload.replicas),
        "HEALTH_URL": f"{app_url}{target.health}",
    }


def chaos_variables(target: Target, workload: Workload) -> dict[str, str]:
    """What experiments for any app change, beside what runbooks know. Fields of containers are JSON."""
    image, breaks = str(workload.container["image"]), target.breaks
    return {
        "APP_IMAGE": image,
        "APP_WRONG_IMAGE": misspelt(image),
        "APP_BREAKING": json.dumps(breaking(breaks)),
        "APP_SOUND": json.dumps(sound(breaking(breaks), workload.container)),
        "APP_IMPATIENT": json.dumps(breaks.startup),
        "APP_PATIENT": json.dumps(sound(breaks.startup, workload.container)),
        "STRUCK_SELECTOR": breaks.node_of or target.selector,
    }


def misspelt(image: str) -> str:
    """An image that no registry has: a slip of the finger in the last part of the name."""
    folder, slash, last = image.rpartition("/")
    name, colon, tag = last.partition("@")[0].partition(":")
    return f"{folder}{slash}{name}-misspelt{colon}{tag}"


def breaking(breaks: Breaks) -> dict[str, Any]:
    """Fields of a container with which the app does not start."""
    if breaks.env:
        return {"env": [{"name": name, "value": value} for name, value in breaks.env.items()]}
    return {"command": list(breaks.command) or NO_PROGRAM}


def sound(changes: Mapping[Any, Any], container: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `changes` touch, as they are in `container`: a patch, in which null takes a field away."""
    back: dict[str, Any] = {}
    for field, change in changes.items():
        before = container.get(field)
        if field == "env":
            entries = {entry["name"]: entry for entry in before or ()}
            names = [each["name"] for each in change]
            back["env"] = [entries.get(name, {"name": name, "$patch": "delete"}) for name in names]
        else:
            back[field] = {"$patch": "replace", **before} if isinstance(before, Mapping) else before
    return back
