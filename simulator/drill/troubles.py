"""Why pods are not ready, in the cluster's words and the containers' own last ones. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

MOST_TOLD = 3
Object = dict[str, Any]
LastLine = Callable[[str, str, bool], str]
"""The last line that a container of a pod wrote; of its instance before this one, if so asked."""


def troubles(pods: Sequence[Object], last_line: LastLine) -> list[str]:
    """What keeps pods from being ready, at most `MOST_TOLD`: those that fail before those that merely wait."""
    found = sorted(_found(pods, last_line), key=lambda trouble: not trouble[0])
    return [said for _, said in found[:MOST_TOLD]]


def _found(pods: Sequence[Object], last_line: LastLine) -> Iterator[tuple[bool, str]]:
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status", {})
        containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
        if not containers:
            yield from ((True, f"{name}: {why}") for why in _unscheduled(status))
        for container in containers:
            state = container.get("state", {})
            if container.get("ready") or state.get("terminated", {}).get("exitCode") == 0:
                continue
            waiting = state.get("waiting", {})
            failed = bool(container.get("restartCount")) or waiting.get("reason") not in (None, *_STARTING)
            reason = waiting.get("reason") or ("runs, and is not ready" if "running" in state else "ended")
            said = last_line(name, container["name"], "running" not in state) if failed or "running" in state else ""
            told = f": {said}" if said else f": {waiting['message']}" if waiting.get("message") else ""
            yield failed, f"{name}: {reason}{told}"


_STARTING = ("ContainerCreating", "PodInitializing")


def _unscheduled(status: Object) -> Iterator[str]:
    for condition in status.get("conditions", []):
        if condition.get("type") == "PodScheduled" and condition.get("status") != "True":
            yield condition.get("message") or "not scheduled"
