"""ControllerRevisions: what a StatefulSet's or DaemonSet's template was (pkg/controller/history)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from simulator.cluster.controllers import ownership
from simulator.cluster.controllers.revisions import template_hash
from simulator.cluster.errors import ApiError
from simulator.cluster.kinds import admission
from simulator.cluster.objects import patch
from simulator.cluster.resources import CONTROLLER_REVISIONS
from simulator.cluster.store import Object, Store


@dataclass(frozen=True)
class History:
    """All revisions of a workload, lowest number first, and the one of its present template."""

    revisions: tuple[Object, ...]
    update: Object
    collisions: int

    def named(self, name: str | None) -> Object | None:
        """A revision by its name."""
        return next((each for each in self.revisions if each["metadata"]["name"] == name), None)


def revise(store: Store, workload: Object, hash_label: str) -> History:
    """The workload's history, after its present template has become the newest revision in it.

    A template that was there before is numbered anew, which is what an undone rollout is. `hash_label` is the label
    that carries a revision's hash.
    """
    found = sorted(ownership.claim(store, workload, CONTROLLER_REVISIONS), key=number)
    data = data_of(workload)
    highest = number(found[-1]) if found else 0
    equal = [each for each in found if each["data"] == data]
    collisions = int((workload.get("status") or {}).get("collisionCount") or 0)
    if not equal:
        update, collisions = _create(store, workload, data, highest + 1, collisions, hash_label)
        return History((*found, update), update, collisions)
    update = equal[-1]
    if number(update) != highest:
        update = _renumber(store, update, highest + 1)
        others = [each for each in found if each["metadata"]["name"] != update["metadata"]["name"]]
        found = [*others, update]
    return History(tuple(found), update, collisions)


def truncate(store: Store, workload: Object, history: History, live: Collection[str]) -> None:
    """Delete the oldest revisions beyond revisionHistoryLimit; those in `live` (names) neither go nor count."""
    limit = int(workload["spec"].get("revisionHistoryLimit", 10))
    dead = [each for each in history.revisions if each["metadata"]["name"] not in live]
    for each in dead[: max(0, len(dead) - limit)]:
        store.remove(CONTROLLER_REVISIONS, each["metadata"]["namespace"], each["metadata"]["name"])


def data_of(workload: Object) -> Object:
    """A strategic merge patch that brings the workload back to its present template."""
    return {"spec": {"template": {**workload["spec"]["template"], "$patch": "replace"}}}


def template_at(workload: Object, revision: Object) -> Mapping[str, object]:
    """The template that a revision stands for."""
    merged = patch.strategic_merge(workload["kind"], workload, revision["data"])
    template: Mapping[str, object] = merged["spec"]["template"]
    return template


def number(revision: Object) -> int:
    """Its place in the history."""
    return int(revision.get("revision") or 0)


def _create(
    store: Store, workload: Object, data: Object, revision: int, collisions: int, hash_label: str
) -> tuple[Object, int]:
    meta = workload["metadata"]
    while True:
        digest = template_hash(workload["spec"]["template"], collisions)
        name = f"{meta['name']}-{digest}"
        labels = (workload["spec"]["template"].get("metadata") or {}).get("labels") or {}
        own = {"labels": {**labels, hash_label: digest}, "ownerReferences": [ownership.reference(workload)]}
        if meta.get("annotations"):
            own["annotations"] = dict(meta["annotations"])
        draft = {
            "metadata": {"name": name, "namespace": meta["namespace"], **own},
            "data": data,
            "revision": revision,
        }
        try:
            return store.create(CONTROLLER_REVISIONS, admission.admit(CONTROLLER_REVISIONS, draft)), collisions
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            collisions += 1


def _renumber(store: Store, revision: Object, to: int) -> Object:
    def write(draft: Object) -> None:
        draft["revision"] = to

    return store.modify(CONTROLLER_REVISIONS, revision["metadata"]["namespace"], revision["metadata"]["name"], write)
