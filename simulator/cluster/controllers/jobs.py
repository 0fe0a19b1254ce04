"""Jobs: pods that run until enough of them have succeeded."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from simulator.cluster import deleting
from simulator.cluster.controllers import job_status, job_steps, ownership, templates
from simulator.cluster.controllers.job_steps import Step, Verdict
from simulator.cluster.controllers.job_tally import FINALIZER, INDEX, Tally, tally
from simulator.cluster.controllers.pod_control import PodControl
from simulator.cluster.controllers.reconciling import RETRY_S, Key, drive, own_key, owner_key
from simulator.cluster.deleting import DeleteOptions
from simulator.cluster.event_log import EventLog
from simulator.cluster.kubelet.back_off import BackOffLimits
from simulator.cluster.objects import states
from simulator.cluster.resources import JOBS, PODS
from simulator.cluster.store import Change, Object, Store

_BY = "job-controller"
_OWN = "kubernetes.io/job-controller"
_HIGHEST_POWER = 30


class Jobs:
    """Observe, decide, act. After a failed pod the next one waits: `limits.base_s`, doubling to twice `cap_s`."""

    def __init__(self, store: Store, events: EventLog, limits: BackOffLimits) -> None:
        self._store = store
        self._events = events
        self._control = PodControl(store, events, _BY)
        self._limits = limits
        self._failures: dict[str, tuple[int, float]] = {}  # by uid: since the last success, and when the last was seen

    async def run(self) -> None:
        """Until cancelled."""
        orphans = ownership.adopters(self._store, JOBS)
        sources = [(JOBS, own_key), (PODS, owner_key("Job")), (PODS, orphans), (PODS, self._lost)]
        await drive(self._store, sources, self.reconcile, name=_BY)

    def reconcile(self, key: Key) -> float | None:
        """Take one Job a step further and write what it is like."""
        job = self._store.find(JOBS, *key)
        if job is None or job["spec"].get("managedBy", _OWN) != _OWN:
            return None
        pods = ownership.claim(self._store, job, PODS)
        ended_at = job_status.finished_at(job)
        if ended_at is not None:
            self._failures.pop(job["metadata"]["uid"], None)
            self._release(pods)
            return self._expire(job, ended_at)
        now = datetime.now(UTC)
        sums = tally(job, pods, is_finished=states.condition(job, "FailureTarget") is not None)
        self._note(job, sums)
        verdict = job_steps.verdict(job, sums, pods, now)
        wait_s = self._act(job, sums, verdict, pods)
        pods = ownership.claim(self._store, job, PODS)
        if verdict is not None and job_steps.uncounted(job, [p for p in pods if p not in sums.counted]):
            sums = tally(job, pods, is_finished=True)  # what it has just taken away counts too
        self._write(key, sums, verdict, pods, now)
        return min((each for each in (wait_s, self._deadline_s(job, now)) if each is not None), default=None)

    def _act(self, job: Object, sums: Tally, verdict: Verdict | None, pods: Sequence[Object]) -> float | None:
        """Make or delete pods; returns how many seconds the back-off has still to go."""
        if verdict is not None:
            self._delete(job, job_steps.active(pods))
            return None
        if states.is_marked(job):
            return None
        step = job_steps.next_step(job, sums, pods)
        for pod in step.delete:  # not a failure: it is not counted
            deleting.drop_finalizer(self._store, PODS, pod, FINALIZER)
        self._delete(job, step.delete)
        if not step.create:
            return None
        left_s = self._back_off_s(job)
        return left_s if left_s > 0 else self._create(job, step)

    def _create(self, job: Object, step: Step) -> float | None:
        for index in step.indexes or [None] * step.create:
            if self._control.create(job, new_pod(job, index)):
                return RETRY_S
        return None

    def _delete(self, job: Object, pods: Iterable[Object]) -> None:
        for pod in pods:
            self._control.delete(job, pod)

    def _write(self, key: Key, sums: Tally, verdict: Verdict | None, pods: Sequence[Object], now: datetime) -> None:
        def write(draft: Object) -> None:
            draft["status"] = job_status.assemble(draft, sums, pods, verdict, now)

        before = self._store.get(JOBS, *key)
        after = self._store.modify(JOBS, *key, write)
        self._release(sums.counted)
        self._tell(before, after)

    def _tell(self, before: Object, after: Object) -> None:
        def became(kind: str, truth: str) -> Object | None:
            new, old = states.condition(after, kind), states.condition(before, kind)
            is_new = new is not None and new["status"] == truth and (old is None or old["status"] != truth)
            return new if is_new else None

        if became("Complete", "True"):
            self._events.normal(after, "Completed", "Job completed", by=_BY)
        if failed := became("Failed", "True"):
            self._events.warning(after, failed["reason"], failed["message"], by=_BY)
        if became("Suspended", "True"):
            self._events.normal(after, "Suspended", "Job suspended", by=_BY)
        if became("Suspended", "False"):
            self._events.normal(after, "Resumed", "Job resumed", by=_BY)

    def _note(self, job: Object, sums: Tally) -> None:
        uid, now_s = job["metadata"]["uid"], asyncio.get_running_loop().time()
        if sums.new_successes:
            self._failures.pop(uid, None)
        if sums.new_failures:
            self._failures[uid] = (self._failures.get(uid, (0, 0.0))[0] + sums.new_failures, now_s)

    def _back_off_s(self, job: Object) -> float:
        count, last_s = self._failures.get(job["metadata"]["uid"], (0, 0.0))
        if not count:
            return 0.0
        delay_s = min(2 * self._limits.cap_s, self._limits.base_s * 2.0 ** min(count - 1, _HIGHEST_POWER))
        return last_s + delay_s - asyncio.get_running_loop().time()

    def _deadline_s(self, job: Object, now: datetime) -> float | None:
        limit_s = job["spec"].get("activeDeadlineSeconds")
        started = self._store.get(JOBS, job["metadata"]["namespace"], job["metadata"]["name"])["status"].get(
            "startTime"
        )
        if limit_s is None or started is None:
            return None
        return max(0.05, (states.instant(started) + timedelta(seconds=limit_s) - now).total_seconds())

    def _expire(self, job: Object, ended_at: datetime) -> float | None:
        """A finished Job goes when its time to live is over; seconds until then."""
        ttl_s = job["spec"].get("ttlSecondsAfterFinished")
        if ttl_s is None or states.is_marked(job):
            return None
        left_s = (ended_at + timedelta(seconds=ttl_s) - datetime.now(UTC)).total_seconds()
        if left_s > 0:
            return left_s
        meta = job["metadata"]
        options = DeleteOptions(policy="Foreground", uid=meta["uid"])
        deleting.delete(self._store, JOBS, meta["namespace"], meta["name"], options)
        return None

    def _release(self, pods: Iterable[Object]) -> None:
        for pod in pods:
            meta = pod["metadata"]
            found = self._store.find(PODS, meta["namespace"], meta["name"])
            if found is not None and FINALIZER in (found["metadata"].get("finalizers") or ()):
                deleting.drop_finalizer(self._store, PODS, found, FINALIZER)

    def _lost(self, change: Change) -> Iterable[Key]:
        """A pod whose Job is gone is held for nobody."""
        meta = change.object["metadata"]
        if change.type == "DELETED" or FINALIZER not in (meta.get("finalizers") or ()):
            return ()
        owner = ownership.controller_of(change.object)
        job = self._store.find(JOBS, meta["namespace"], owner["name"]) if owner is not None else None
        if job is None or owner is None or job["metadata"]["uid"] != owner["uid"]:
            self._release([change.object])
        return ()


def new_pod(job: Object, index: int | None) -> Object:
    """A pod of the Job, or of one of its completions; its name ends in letters that nobody chose."""
    pod = templates.stamp(job, job["spec"]["template"], infix="" if index is None else f"{index}-")
    meta, spec = pod["metadata"], pod["spec"]
    meta["finalizers"] = [*meta.get("finalizers", ()), FINALIZER]
    if index is not None:
        meta.setdefault("annotations", {})[INDEX] = str(index)
        meta.setdefault("labels", {})[INDEX] = str(index)
        spec.setdefault("hostname", f"{job['metadata']['name']}-{index}")
        for part in ("initContainers", "containers"):
            if part in spec:
                spec[part] = [_told(container) for container in spec[part]]
    return pod


def _told(container: Object) -> Object:
    """The container with its index in the environment."""
    name, path = "JOB_COMPLETION_INDEX", f"metadata.labels['{INDEX}']"
    known = [entry for entry in container.get("env") or () if entry["name"] != name]
    return {**container, "env": [*known, {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}]}
