"""What a namespace held before a drill, and what it takes to make it so again. Pure; `Kube` does the asking.

The kinds are those that faults and runbooks change. What a controller owns (ReplicaSets' pods, a Job's) is its
controller's affair, and what pods read of a restored Secret at their start is the experiment's rollback's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Object = dict[str, Any]
_NOT_KEPT = ("apiVersion", "kind", "metadata", "status")
DRILL, HALT = "gameday-drill", "gameday-halt"
"""What our own objects in the namespace are named by: they come and go on their own, and are nobody's belongings."""


@dataclass(frozen=True)
class Kind:
    """A kind of objects of a namespace; `group` and `noun` are those of the official client's names.

    `is_kept`: whether one that changed or went comes back as it was.
    """

    name: str
    group_version: str
    group: str
    noun: str
    is_kept: bool = True


KINDS = (
    Kind("ConfigMap", "v1", "CoreV1Api", "config_map"),
    Kind("Secret", "v1", "CoreV1Api", "secret"),
    Kind("ResourceQuota", "v1", "CoreV1Api", "resource_quota"),
    Kind("Service", "v1", "CoreV1Api", "service"),
    Kind("NetworkPolicy", "networking.k8s.io/v1", "NetworkingV1Api", "network_policy"),
    Kind("StatefulSet", "apps/v1", "AppsV1Api", "stateful_set"),
    Kind("Deployment", "apps/v1", "AppsV1Api", "deployment"),
    Kind("HorizontalPodAutoscaler", "autoscaling/v2", "AutoscalingV2Api", "horizontal_pod_autoscaler"),
    Kind("CronJob", "batch/v1", "BatchV1Api", "cron_job"),
    Kind("Job", "batch/v1", "BatchV1Api", "job", is_kept=False),
    Kind("Pod", "v1", "CoreV1Api", "pod", is_kept=False),
)
"""In the order in which they are restored: what pods read comes before what makes pods."""

Snapshot = dict[str, dict[str, Object]]
"""Name of the kind, to name, to the object without status and without what the server writes. Plain JSON."""


@dataclass(frozen=True)
class Step:
    """One thing to do about one object. `patch` is a JSON Patch (RFC 6902); `body` makes it anew."""

    what: Literal["create", "patch", "delete"]
    name: str
    patch: tuple[Object, ...] = ()
    body: Object | None = None


def belongings(kind: Kind, items: list[Object]) -> dict[str, Object]:
    """The objects of a kind that nobody owns, as they are kept."""
    return {
        item["metadata"]["name"]: _kept(kind, item)
        for item in items
        if not item["metadata"].get("ownerReferences")
        and "deletionTimestamp" not in item["metadata"]
        and not item["metadata"]["name"].startswith((DRILL, HALT))
    }


def steps_back(kind: Kind, before: dict[str, Object], now: dict[str, Object]) -> Iterator[Step]:
    """What makes `now` as it was `before`; nothing where they agree."""
    for name in now.keys() - before.keys():
        yield Step("delete", name)
    if not kind.is_kept:
        return
    for name, wanted in before.items():
        if name not in now:
            yield Step("create", name, body=wanted)
        elif patch := _patch(wanted, now[name]):
            yield Step("patch", name, patch, wanted)


def _kept(kind: Kind, item: Object) -> Object:
    metadata = item["metadata"]
    return {
        "apiVersion": kind.group_version,
        "kind": kind.name,
        "metadata": {key: metadata[key] for key in ("name", "labels", "annotations") if key in metadata},
        **{key: value for key, value in item.items() if key not in _NOT_KEPT},
    }


def _patch(wanted: Object, seen: Object) -> tuple[Object, ...]:
    """Part by part, for `add` replaces what is there. The object's own labels and annotations stay."""
    keys = sorted((wanted.keys() | seen.keys()) - set(_NOT_KEPT))
    changed = [key for key in keys if wanted.get(key) != seen.get(key)]
    return tuple(
        {"op": "add", "path": f"/{key}", "value": wanted[key]} if key in wanted else {"op": "remove", "path": f"/{key}"}
        for key in changed
    )
