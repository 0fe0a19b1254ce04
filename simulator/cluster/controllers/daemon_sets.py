"""DaemonSets: one pod on each node that is to have one."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from simulator.cluster.controllers import daemon_steps, history, ownership, templates
from simulator.cluster.controllers.daemon_steps import Place
from simulator.cluster.controllers.pod_control import PodControl
from simulator.cluster.controllers.reconciling import RETRY_S, Key, drive, own_key, owner_key
from simulator.cluster.controllers.templates import REVISION, revision_of
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds.daemon_sets import GENERATION
from simulator.cluster.objects import states
from simulator.cluster.resources import CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS
from simulator.cluster.store import Change, Object, Store

_BY = "daemonset-controller"
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 900.0


class DaemonSets:
    """Observe, decide, act. Failed pods are taken away ever more slowly, for a kubelet may refuse them all."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self._store = store
        self._events = events
        self._control = PodControl(store, events, _BY)
        self._waits: dict[tuple[str, str], tuple[float, float]] = {}  # by set and node: how long, since when

    async def run(self) -> None:
        """Until cancelled."""
        mine, orphans = owner_key("DaemonSet"), ownership.adopters(self._store, DAEMON_SETS)
        sources = [(DAEMON_SETS, own_key), (CONTROLLER_REVISIONS, mine), (PODS, mine), (PODS, orphans)]
        await drive(self._store, [*sources, (NODES, self._all)], self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> float | None:
        """Take one DaemonSet a step further and write what it is like."""
        found = self._store.find(DAEMON_SETS, *key)
        if found is None or states.is_marked(found):
            return None
        past = history.revise(self._store, found, REVISION)
        revision = str(past.update["metadata"]["labels"][REVISION])
        step = daemon_steps.next_step(found, self._places(found), revision, datetime.now(UTC))
        errors = [self._control.create(found, new_pod(found, node, revision)) for node in step.create]
        waits = [self._delete(found, pod, is_failed=pod in step.failed) for pod in step.delete]
        now = datetime.now(UTC)
        places = self._places(found)
        status = daemon_steps.status_of(found, places, revision, past.collisions, now)

        def write(draft: Object) -> None:
            draft["status"] = status

        self._store.modify(DAEMON_SETS, *key, write)
        pods = [pod for place in places for pod in place.pods]
        hashes = set(map(revision_of, pods)) | {revision}
        live = [r["metadata"]["name"] for r in past.revisions if r["metadata"]["labels"].get(REVISION) in hashes]
        history.truncate(self._store, found, past, live)
        min_ready_s = found["spec"].get("minReadySeconds") or 0
        waits += [states.available_in_s(pod, min_ready_s, now) or None for pod in pods]
        waits += [RETRY_S] if any(errors) else []
        return min((wait for wait in waits if wait is not None), default=None)

    def _places(self, daemon_set: Object) -> list[Place]:
        pods = ownership.claim(self._store, daemon_set, PODS)
        return daemon_steps.places(daemon_set, self._store.list(NODES), pods)

    def _delete(self, daemon_set: Object, pod: Object, *, is_failed: bool) -> float | None:
        """Delete a pod; seconds that a failed one has still to wait for it."""
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        if is_failed:
            node = daemon_steps.target_of(pod)
            if (left_s := self._held_s(daemon_set["metadata"]["uid"], node)) > 0:
                return left_s
            word = states.phase(pod).lower()
            end = "try to kill it" if word == "failed" else "try to delete it"
            message = f"Found {word} daemon pod {namespace}/{name} on node {node}, will {end}"
            self._events.warning(daemon_set, f"{word.capitalize()}DaemonPod", message, by=_BY)
        self._control.delete(daemon_set, pod)
        return None

    def _held_s(self, uid: str, node: str) -> float:
        now_s = asyncio.get_running_loop().time()
        wait_s, since_s = self._waits.get((uid, node), (0.0, now_s))
        if now_s < since_s + wait_s:
            return since_s + wait_s - now_s
        is_calm = now_s > since_s + 2 * _LONGEST_WAIT_S
        wait_s = _FIRST_WAIT_S if not wait_s or is_calm else min(2 * wait_s, _LONGEST_WAIT_S)
        self._waits[uid, node] = (wait_s, now_s)
        return 0.0

    def _all(self, change: Change) -> Iterable[Key]:
        """A node came, went, or has other labels or taints; its lease and conditions are nobody's business here."""
        old, new = change.previous, change.object
        if change.type == "MODIFIED" and old is not None:
            is_same = old["spec"] == new["spec"] and old["metadata"].get("labels") == new["metadata"].get("labels")
            if is_same:
                return []
        found = self._store.list(DAEMON_SETS)
        return [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in found]


def new_pod(daemon_set: Object, node: str, revision: str) -> Object:
    """The pod for a node. Pure."""
    pod = templates.stamp(daemon_set, daemon_set["spec"]["template"])
    pod["spec"] = daemon_steps.bound_to(pod["spec"], node)
    generation = (daemon_set["metadata"].get("annotations") or {}).get(GENERATION, "1")
    pod["metadata"].setdefault("labels", {}).update({REVISION: revision, "pod-template-generation": generation})
    return pod
