"""What a Job does next: whether it is over, and which pods it makes or takes away (pkg/controller/job). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.cluster.controllers.job_tally import FINALIZER, Tally, index_of, is_failed, meets_success_policy
from simulator.cluster.kinds.jobs import is_indexed
from simulator.cluster.objects import states
from simulator.cluster.store import Object


@dataclass(frozen=True)
class Verdict:
    """Why a Job is over. `type` is SuccessCriteriaMet or FailureTarget; Complete or Failed has the same words."""

    type: str
    reason: str
    message: str

    @property
    def final(self) -> str:
        """The condition that says so once no pod runs any more."""
        return "Complete" if self.type == "SuccessCriteriaMet" else "Failed"


@dataclass(frozen=True)
class Step:
    """How many pods to make (for an Indexed Job, for which indexes), which to delete."""

    create: int = 0
    indexes: tuple[int, ...] = ()
    delete: tuple[Object, ...] = ()


def verdict(job: Object, tally: Tally, pods: Sequence[Object], now: datetime) -> Verdict | None:
    """Why the Job is over, or None."""
    spec, status = job["spec"], job.get("status") or {}
    for kind in ("FailureTarget", "SuccessCriteriaMet"):  # said before: it stays so
        if (found := states.condition(job, kind)) is not None and found["status"] == "True":
            return Verdict(kind, found["reason"], found["message"])
    if tally.fatal is not None:
        return Verdict("FailureTarget", "PodFailurePolicy", tally.fatal)
    if tally.failed > spec["backoffLimit"] or _restarts_exceed(spec, pods):
        return Verdict("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    limit_s, started = spec.get("activeDeadlineSeconds"), status.get("startTime")
    ends_at = states.instant(started) + timedelta(seconds=limit_s) if started and limit_s is not None else None
    if ends_at is not None and now >= ends_at and not spec.get("suspend"):
        return Verdict("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline")
    if is_indexed(spec) and (rule := meets_success_policy(spec, tally.indexes)) is not None:
        return Verdict("SuccessCriteriaMet", "SuccessPolicy", f"Matched rules at index {rule}")
    wanted, is_idle = spec.get("completions"), not active(pods)
    is_done = tally.succeeded >= wanted if wanted is not None else tally.succeeded > 0
    if is_done and is_idle:
        words = "Reached expected number of succeeded pods"
        return Verdict("SuccessCriteriaMet", "CompletionsReached", words)
    return None


def next_step(job: Object, tally: Tally, pods: Sequence[Object]) -> Step:
    """Pods of a Job that goes on: as many active ones as there is work left for, parallelism at most."""
    spec, running = job["spec"], active(pods)
    if spec.get("suspend"):
        return Step(delete=tuple(running))
    wanted, parallelism = spec.get("completions"), int(spec["parallelism"])
    if wanted is None:
        want = len(running) if tally.succeeded else parallelism
    else:
        want = max(0, min(parallelism, wanted - tally.succeeded))
    if is_indexed(spec):
        spare = _spare_indexes(spec, tally, running)
        kept = [pod for pod in running if pod not in spare]
        surplus = _first_to_go(kept)[: max(0, len(kept) - want)]
        if spare or surplus:
            return Step(delete=(*spare, *surplus))
    elif len(running) > want:
        return Step(delete=tuple(_first_to_go(running)[: len(running) - want]))
    lingering = ending(pods) if spec.get("podReplacementPolicy") == "Failed" else []
    missing = want - len(running) - len(lingering)
    if missing <= 0:
        return Step()
    if not is_indexed(spec):
        return Step(create=missing)
    taken = {index_of(pod) for pod in [*running, *lingering]} | tally.indexes
    free = [index for index in range(wanted or 0) if index not in taken][:missing]
    return Step(create=len(free), indexes=tuple(free))


def active(pods: Sequence[Object]) -> list[Object]:
    """Neither over nor being deleted."""
    return [pod for pod in pods if states.is_active(pod)]


def ending(pods: Sequence[Object]) -> list[Object]:
    """Being deleted, and not over yet."""
    return [pod for pod in pods if states.is_terminating(pod)]


def uncounted(job: Object, pods: Sequence[Object]) -> list[Object]:
    """Pods that have failed or succeeded and whose count is not in the status yet."""
    held = [pod for pod in pods if FINALIZER in (pod["metadata"].get("finalizers") or ())]
    return [pod for pod in held if is_failed(job, pod) or states.phase(pod) == "Succeeded"]


def _restarts_exceed(spec: Object, pods: Sequence[Object]) -> bool:
    if spec["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    states = [
        entry
        for pod in active(pods)
        for part in ("initContainerStatuses", "containerStatuses")
        for entry in (pod.get("status") or {}).get(part) or ()
    ]
    restarts = sum(int(entry.get("restartCount", 0)) for entry in states)
    return restarts > 0 if spec["backoffLimit"] == 0 else restarts >= spec["backoffLimit"]


def _spare_indexes(spec: Object, tally: Tally, running: Sequence[Object]) -> list[Object]:
    """Active pods of an index that is done, out of range or has another pod."""
    seen: set[int | None] = {None, *tally.indexes}
    spare = []
    for pod in running:
        index = index_of(pod)
        if index in seen or (index is not None and index >= spec["completions"]):
            spare.append(pod)
        seen.add(index)
    return spare


def _first_to_go(pods: Sequence[Object]) -> list[Object]:
    """Those that are not ready before those that are, the newest first."""
    newest = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), reverse=True)
    return sorted(newest, key=states.is_ready)
