"""StatefulSets: pods with names that stay."""

from collections.abc import Sequence
from datetime import UTC, datetime

from simulator.cluster import deleting
from simulator.cluster.controllers import history, ownership, stateful_claims, stateful_steps, templates
from simulator.cluster.controllers.history import History
from simulator.cluster.controllers.reconciling import RETRY_S, Key, drive, own_key, owner_key
from simulator.cluster.controllers.templates import REVISION, revision_of
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.errors import ApiError
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission
from simulator.cluster.objects import states
from simulator.cluster.resources import CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS
from simulator.cluster.store import Object, Store

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
_HASH = "controller.kubernetes.io/hash"
_BY = "statefulset-controller"


class StatefulSets:
    """Observe, decide, act; each call does one step and its writes bring the next call."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self._store = store
        self._events = events

    async def run(self) -> None:
        """Until cancelled."""
        mine = owner_key("StatefulSet")
        orphans = ownership.adopters(self._store, STATEFUL_SETS)
        sources = [(STATEFUL_SETS, own_key), (CONTROLLER_REVISIONS, mine), (PODS, mine), (PODS, orphans)]
        await drive(self._store, sources, self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> float | None:
        """Take one StatefulSet a step further and write what it is like."""
        found = self._store.find(STATEFUL_SETS, *key)
        if found is None or states.is_marked(found):
            return None
        past = history.revise(self._store, found, _HASH)
        current = past.named((found.get("status") or {}).get("currentRevision")) or past.update
        update_name = past.update["metadata"]["name"]
        step = stateful_steps.next_step(found, self._pods(found), update_name, datetime.now(UTC))
        made = [self._create(found, ordinal, current, past.update) for ordinal in step.create]
        self._own_claims(found, self._pods(found))
        for pod in step.delete:
            self._delete(found, pod)
        again_s = self._write_status(key, current, past)
        return again_s if all(made) else RETRY_S

    def _pods(self, stateful_set: Object) -> list[Object]:
        def is_member(pod: Object) -> bool:
            return stateful_steps.ordinal_of(stateful_set, pod) is not None

        return [pod for pod in ownership.claim(self._store, stateful_set, PODS, is_member) if is_member(pod)]

    def _create(self, stateful_set: Object, ordinal: int, current: Object, update: Object) -> bool:
        revision = current if stateful_steps.keeps_current(stateful_set, ordinal) else update
        pod = new_pod(stateful_set, ordinal, revision)
        name, owner = pod["metadata"]["name"], stateful_set["metadata"]["name"]
        try:
            self._create_claims(stateful_set, name, ordinal)
            self._store.create(PODS, admission.admit(PODS, pod))
        except ApiError as error:
            message = f"create Pod {name} in StatefulSet {owner} failed error: {error}"
            self._events.warning(stateful_set, "FailedCreate", message, by=_BY)
            return False
        message = f"create Pod {name} in StatefulSet {owner} successful"
        self._events.normal(stateful_set, "SuccessfulCreate", message, by=_BY)
        return True

    def _create_claims(self, stateful_set: Object, pod: str, ordinal: int) -> None:
        """The claims that the pod lacks; `ApiError` where one is refused."""
        owner = stateful_set["metadata"]["name"]
        for draft in stateful_claims.drafts(stateful_set, ordinal):
            name, namespace = draft["metadata"]["name"], draft["metadata"]["namespace"]
            if self._store.find(PERSISTENT_VOLUME_CLAIMS, namespace, name) is None:
                self._store.create(PERSISTENT_VOLUME_CLAIMS, admission.admit(PERSISTENT_VOLUME_CLAIMS, draft))
                message = f"create Claim {name} Pod {pod} in StatefulSet {owner} success"
                self._events.normal(stateful_set, "SuccessfulCreate", message, by=_BY)

    def _own_claims(self, stateful_set: Object, pods: Sequence[Object]) -> None:
        """Let each claim go with whom persistentVolumeClaimRetentionPolicy says."""
        first, replicas = stateful_steps.start_of(stateful_set), int(stateful_set["spec"].get("replicas", 1))
        for pod in pods if stateful_set["spec"].get("volumeClaimTemplates") else ():
            ordinal = stateful_steps.ordinal_of(stateful_set, pod)
            if ordinal is None:
                continue
            is_condemned = not first <= ordinal < first + replicas
            owner = stateful_claims.owner_of(stateful_set, pod, is_condemned=is_condemned)
            for draft in stateful_claims.drafts(stateful_set, ordinal):
                name, namespace = draft["metadata"]["name"], draft["metadata"]["namespace"]
                claim = self._store.find(PERSISTENT_VOLUME_CLAIMS, namespace, name)
                if claim is not None:
                    owners = stateful_claims.with_owner(claim, stateful_set, owner)
                    if owners != (claim["metadata"].get("ownerReferences") or []):
                        self._store.modify(PERSISTENT_VOLUME_CLAIMS, namespace, name, ownership.owned_by(owners))

    def _delete(self, stateful_set: Object, pod: Object) -> None:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        deleting.delete(self._store, PODS, namespace, name, DeleteOptions())
        message = f"delete Pod {name} in StatefulSet {stateful_set['metadata']['name']} successful"
        self._events.normal(stateful_set, "SuccessfulDelete", message, by=_BY)

    def _write_status(self, key: Key, current: Object, past: History) -> float | None:
        now = datetime.now(UTC)
        found = self._store.get(STATEFUL_SETS, *key)
        pods = self._pods(found)
        names = current["metadata"]["name"], past.update["metadata"]["name"]
        status = stateful_steps.status_of(found, pods, *names, past.collisions, now)

        def write(draft: Object) -> None:
            draft["status"] = status

        self._store.modify(STATEFUL_SETS, *key, write)
        live = {status["currentRevision"], names[1], *map(revision_of, pods)}
        history.truncate(self._store, found, past, live)
        waits = [states.available_in_s(pod, found["spec"].get("minReadySeconds") or 0, now) for pod in pods]
        return min((wait for wait in waits if wait), default=None)


def new_pod(stateful_set: Object, ordinal: int, revision: Object) -> Object:
    """The pod of an ordinal as a revision has it. Pure."""
    name = f"{stateful_set['metadata']['name']}-{ordinal}"
    pod = templates.stamp(stateful_set, history.template_at(stateful_set, revision), name)
    pod["metadata"].setdefault("labels", {}).update(
        {POD_NAME: name, POD_INDEX: str(ordinal), REVISION: revision["metadata"]["name"]}
    )
    pod["spec"]["hostname"] = name
    if service := stateful_set["spec"].get("serviceName"):
        pod["spec"]["subdomain"] = service
    if stateful_set["spec"].get("volumeClaimTemplates"):
        pod["spec"]["volumes"] = stateful_claims.volumes(stateful_set, pod["spec"], ordinal)
    return pod
