"""A Deployment's revisions: which ReplicaSet is the new one, how it is named and numbered. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulator.cluster.controllers import ownership
from simulator.cluster.objects import states
from simulator.cluster.store import SAFE_LETTERS, Object

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAXIMUM,
    "deprecated.deployment.rollback.to",
}


def split(deployment: Object, owned: Iterable[Object]) -> tuple[Object | None, list[Object]]:
    """The ReplicaSet with the Deployment's own template, if there is one, and the others; oldest first."""
    ordered = sorted(owned, key=lambda each: (each["metadata"]["creationTimestamp"], number(each)))
    template = deployment["spec"]["template"]
    new = next((each for each in ordered if _is_same(each["spec"]["template"], template)), None)
    return new, [each for each in ordered if each is not new]


def number(obj: Object) -> int:
    """The revision in the annotation; 0 without."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def annotations(deployment: Object, replica_set: Object | None, revision: int, maximum: int) -> dict[str, str]:
    """What the new ReplicaSet carries: the Deployment's own (change-cause), its number, the sizes.

    A ReplicaSet that is used again remembers the number that it had before.
    """
    old = dict((replica_set or {}).get("metadata", {}).get("annotations") or {}) if replica_set else {}
    own = deployment["metadata"].get("annotations") or {}
    new = {**old, **{key: value for key, value in own.items() if key not in _NOT_COPIED}}
    before = old.get(REVISION)
    if before is not None and before != str(revision):
        new[HISTORY] = ",".join(filter(None, [old.get(HISTORY, ""), before]))
    new[REVISION] = str(revision)
    return {**new, **sizes(deployment, maximum)}


def sizes(deployment: Object, maximum: int) -> dict[str, str]:
    """The annotations by which a later change of `replicas` is told from a rollout's own scaling."""
    return {DESIRED: str(deployment["spec"].get("replicas", 1)), MAXIMUM: str(maximum)}


def new_replica_set(deployment: Object, revision: int, replicas: int, maximum: int) -> Object:
    """The ReplicaSet for the Deployment's present template."""
    spec = deployment["spec"]
    collisions = (deployment.get("status") or {}).get("collisionCount") or 0
    digest = template_hash(spec["template"], collisions)
    template_meta = spec["template"].get("metadata") or {}
    labels = {**(template_meta.get("labels") or {}), HASH: digest}
    selector = spec["selector"]
    matched = {**(selector.get("matchLabels") or {}), HASH: digest}
    return {
        "metadata": {
            "name": f"{deployment['metadata']['name']}-{digest}",
            "namespace": deployment["metadata"]["namespace"],
            "labels": labels,
            "annotations": annotations(deployment, None, revision, maximum),
            "ownerReferences": [ownership.reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {**selector, "matchLabels": matched},
            "minReadySeconds": spec.get("minReadySeconds") or 0,
            "template": {**spec["template"], "metadata": {**template_meta, "labels": labels}},
        },
    }


def template_hash(template: Mapping[str, Any], collisions: int) -> str:
    """Ten safe letters that stand for a template."""
    text = json.dumps([template, collisions], sort_keys=True, separators=(",", ":"))
    value = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
    letters = []
    for _ in range(10):
        value, index = divmod(value, len(SAFE_LETTERS))
        letters.append(SAFE_LETTERS[index])
    return "".join(letters)


def to_forget(deployment: Object, old: Sequence[Object]) -> list[Object]:
    """Old ReplicaSets beyond revisionHistoryLimit, lowest revision first; only those that are empty."""
    limit = int(deployment["spec"].get("revisionHistoryLimit", 10))
    living = sorted((each for each in old if not states.is_marked(each)), key=number)
    beyond = living[: max(0, len(living) - limit)]
    return [each for each in beyond if not each["spec"].get("replicas") and not _seen(each)]


def _seen(replica_set: Object) -> int:
    return int((replica_set.get("status") or {}).get("replicas") or 0)


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return _without_hash(one) == _without_hash(other)


def _without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    meta = dict(template.get("metadata") or {})
    labels = {key: value for key, value in (meta.pop("labels", None) or {}).items() if key != HASH}
    meta = {key: value for key, value in meta.items() if value and key != "creationTimestamp"}
    return {**template, "metadata": {**meta, "labels": labels}}
