"""Deployments: one ReplicaSet per revision, scaled against each other as the strategy says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from simulator.cluster import deleting
from simulator.cluster.controllers import ownership, revisions, rolling, rollout_status
from simulator.cluster.controllers.reconciling import Key, drive, own_key, owner_key
from simulator.cluster.controllers.rolling import Bounds, Revision
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.errors import ApiError
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission
from simulator.cluster.objects import states
from simulator.cluster.resources import DEPLOYMENTS, PODS, REPLICA_SETS
from simulator.cluster.store import Change, Object, Store

_BY = "deployment-controller"


class Deployments:
    """Observe, decide, act; each call does one step and its writes bring the next call."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self._store = store
        self._events = events

    async def run(self) -> None:
        """Until cancelled."""
        sources = [(DEPLOYMENTS, own_key), (REPLICA_SETS, owner_key("Deployment")), (PODS, self._gone_pods)]
        await drive(self._store, sources, self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> float | None:
        """Take one Deployment a step further and write what it is like."""
        found = self._store.find(DEPLOYMENTS, *key)
        if found is None or states.is_marked(found):
            return None
        owned = ownership.claim(self._store, found, REPLICA_SETS)
        new, old = revisions.split(found, owned)
        limits = limits_of(found)
        was_created = was_found = False
        if _was_rescaled(found, owned) or found["spec"].get("paused"):
            self._rescale(found, new, old, limits)
        elif new is None:
            if self._may_create(found, old):
                was_created = self._create(found, old, limits)
            else:
                self._scale_all(found, old, limits)
        else:
            was_found = self._number(found, new, old, limits)
            self._step(found, new, old, limits)
        if rollout_status.is_complete(found, found.get("status") or {}) or found["spec"].get("paused"):
            for each in revisions.to_forget(found, old):
                deleting.delete(self._store, REPLICA_SETS, key[0], each["metadata"]["name"], DeleteOptions())
        return self._write_status(key, limits, was_created=was_created, was_found=was_found)

    def _step(self, deployment: Object, new: Object, old: Sequence[Object], limits: Bounds) -> None:
        desired = int(deployment["spec"].get("replicas", 1))
        if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            if _size(new) != desired and self._may_create(deployment, old):
                self._scale(deployment, new, desired, limits)
            else:
                self._scale_all(deployment, old, limits)
            return
        scales = rolling.next_scales(desired, limits, _revision(new), [_revision(each) for each in old])
        self._apply(deployment, [new, *old], scales, limits)

    def _may_create(self, deployment: Object, old: Sequence[Object]) -> bool:
        """A rolling update always; recreate only when no pod of an old revision runs any more."""
        if deployment["spec"].get("strategy", {}).get("type") != "Recreate":
            return True
        pods = [pod for each in old for pod in self._store.controlled(PODS, each["metadata"]["uid"])]
        is_one_left = any(not states.is_over(pod) for pod in pods)
        return not is_one_left and all(_size(each) == 0 for each in old)

    def _create(self, deployment: Object, old: Sequence[Object], limits: Bounds) -> bool:
        desired = int(deployment["spec"].get("replicas", 1))
        if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            replicas = desired
        else:
            nothing = Revision("", 0, 0)
            replicas = rolling.raised_new(desired, limits, nothing, [_revision(each) for each in old])
        revision = max((revisions.number(each) for each in old), default=0) + 1
        draft = revisions.new_replica_set(deployment, revision, replicas, desired + limits.surge)
        try:
            made = self._store.create(REPLICA_SETS, admission.admit(REPLICA_SETS, draft))
        except ApiError as error:
            if error.reason == "AlreadyExists":
                self._count_collision(deployment)
            else:
                message = f"Failed to create new replica set {draft['metadata']['name']}: {error}"
                self._events.warning(deployment, "ReplicaSetCreateError", message, by=_BY)
            return False
        self._set_revision(deployment, revision)
        if replicas:
            self._tell(deployment, made, 0, replicas)
        return True

    def _number(self, deployment: Object, new: Object, old: Sequence[Object], limits: Bounds) -> bool:
        """The present template has the highest number; True if it was an old one that is used again."""
        highest = max((revisions.number(each) for each in old), default=0)
        revision = max(revisions.number(new), highest + 1)
        maximum = int(deployment["spec"].get("replicas", 1)) + limits.surge

        def write(draft: Object) -> None:
            draft["metadata"]["annotations"] = revisions.annotations(deployment, draft, revision, maximum)
            draft["spec"]["minReadySeconds"] = deployment["spec"].get("minReadySeconds") or 0

        is_reused = revisions.number(new) != revision
        self._modify(new, write)
        self._set_revision(deployment, revision)
        return is_reused

    def _rescale(self, deployment: Object, new: Object | None, old: Sequence[Object], limits: Bounds) -> None:
        """`replicas` changed, or the rollout is paused: keep the mix of revisions, change their sizes."""
        desired = int(deployment["spec"].get("replicas", 1))
        every = [*([new] if new else []), *reversed(old)]
        active = [each for each in every if _size(each) > 0] or every[:1]
        if len(active) == 1:
            scales = {active[0]["metadata"]["name"]: desired}
        elif new is not None and _revision(new).available == _size(new) == desired:
            scales = {each["metadata"]["name"]: 0 for each in old}
        elif deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            scales = {}
        else:
            scales = rolling.proportional(desired, limits, [_revision(each) for each in active])
        self._apply(deployment, every, scales, limits)
        sizes = revisions.sizes(deployment, desired + limits.surge)
        for each in every:

            def write(draft: Object) -> None:
                draft["metadata"].setdefault("annotations", {}).update(sizes)

            self._modify(each, write)

    def _scale_all(self, deployment: Object, sets: Sequence[Object], limits: Bounds) -> None:
        self._apply(deployment, sets, {each["metadata"]["name"]: 0 for each in sets}, limits)

    def _apply(self, deployment: Object, sets: Sequence[Object], scales: Mapping[str, int], limits: Bounds) -> None:
        for each in sets:
            wanted = scales.get(each["metadata"]["name"])
            if wanted is not None and wanted != _size(each):
                self._scale(deployment, each, wanted, limits)

    def _scale(self, deployment: Object, replica_set: Object, replicas: int, limits: Bounds) -> None:
        desired = int(deployment["spec"].get("replicas", 1))

        def write(draft: Object) -> None:
            draft["spec"]["replicas"] = replicas
            sizes = revisions.sizes(deployment, desired + limits.surge)
            draft["metadata"].setdefault("annotations", {}).update(sizes)

        self._tell(deployment, replica_set, _size(replica_set), replicas)
        self._modify(replica_set, write)

    def _tell(self, deployment: Object, replica_set: Object, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        name = replica_set["metadata"]["name"]
        message = f"Scaled {way} replica set {name} from {before} to {after}"
        self._events.normal(deployment, "ScalingReplicaSet", message, by=_BY)

    def _set_revision(self, deployment: Object, revision: int) -> None:
        def write(draft: Object) -> None:
            draft["metadata"].setdefault("annotations", {})[revisions.REVISION] = str(revision)

        meta = deployment["metadata"]
        self._store.modify(DEPLOYMENTS, meta["namespace"], meta["name"], write)

    def _count_collision(self, deployment: Object) -> None:
        def write(draft: Object) -> None:
            status = draft.setdefault("status", {})
            status["collisionCount"] = status.get("collisionCount", 0) + 1

        meta = deployment["metadata"]
        self._store.modify(DEPLOYMENTS, meta["namespace"], meta["name"], write)

    def _write_status(self, key: Key, limits: Bounds, *, was_created: bool, was_found: bool) -> float | None:
        now = datetime.now(UTC)
        found = self._store.get(DEPLOYMENTS, *key)
        new, old = revisions.split(found, ownership.claim(self._store, found, REPLICA_SETS))
        rollout = rollout_status.Rollout(new, old, limits.unavailable, was_created, was_found)

        def write(draft: Object) -> None:
            draft["status"] = rollout_status.assemble(draft, rollout, now)

        return rollout_status.deadline_in_s(self._store.modify(DEPLOYMENTS, *key, write), now)

    def _modify(self, replica_set: Object, write: Callable[[Object], None]) -> None:
        meta = replica_set["metadata"]
        if self._store.find(REPLICA_SETS, meta["namespace"], meta["name"]) is not None:
            self._store.modify(REPLICA_SETS, meta["namespace"], meta["name"], write)

    def _gone_pods(self, change: Change) -> list[Key]:
        """Recreate waits for the last pod of the old revision."""
        if change.type != "DELETED":
            return []
        namespace = change.object["metadata"]["namespace"]
        return [
            (namespace, each["metadata"]["name"])
            for each in self._store.list(DEPLOYMENTS, namespace)
            if each["spec"].get("strategy", {}).get("type") == "Recreate"
        ]


def limits_of(deployment: Object) -> Bounds:
    """maxSurge and maxUnavailable in pods; recreate has no surge and may have everything unavailable."""
    desired = int(deployment["spec"].get("replicas", 1))
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Bounds(0, 0)
    update = strategy.get("rollingUpdate") or {}
    return rolling.bounds(desired, update.get("maxSurge", "25%"), update.get("maxUnavailable", "25%"))


def _was_rescaled(deployment: Object, owned: Sequence[Object]) -> bool:
    desired = int(deployment["spec"].get("replicas", 1))
    noted = [_annotated(each, revisions.DESIRED) for each in owned if _size(each) > 0]
    return any(note is not None and note != desired for note in noted)


def _annotated(replica_set: Object, name: str) -> int | None:
    text = (replica_set["metadata"].get("annotations") or {}).get(name)
    return int(text) if text is not None and text.isdigit() else None


def _size(replica_set: Object) -> int:
    return int(replica_set["spec"].get("replicas", 0))


def _revision(replica_set: Object) -> Revision:
    available = int((replica_set.get("status") or {}).get("availableReplicas") or 0)
    maximum = _annotated(replica_set, revisions.MAXIMUM)
    return Revision(replica_set["metadata"]["name"], _size(replica_set), min(available, _size(replica_set)), maximum)
