"""A Job's status: counts, and the conditions by which it is waited for. Pure."""

from collections.abc import Sequence
from datetime import datetime

from simulator.cluster.controllers import job_steps
from simulator.cluster.controllers.job_steps import Verdict
from simulator.cluster.controllers.job_tally import Tally
from simulator.cluster.kinds.jobs import is_indexed
from simulator.cluster.objects import indexes, states
from simulator.cluster.store import Object, timestamp


def assemble(job: Object, tally: Tally, pods: Sequence[Object], verdict: Verdict | None, now: datetime) -> Object:
    """The whole status; a Job that is over says so finally once none of its pods runs any more."""
    old, spec = job.get("status") or {}, job["spec"]
    running, lingering = job_steps.active(pods), job_steps.ending(pods)
    status: Object = {"conditions": [dict(each) for each in old.get("conditions") or ()]}
    at = timestamp(now)
    _suspend(spec, old, status, at)
    counts = {"active": len(running), "succeeded": tally.succeeded, "failed": tally.failed}
    status.update({name: count for name, count in counts.items() if count})
    status["ready"] = sum(states.is_ready(pod) for pod in running)
    status["terminating"] = len(lingering)
    status["uncountedTerminatedPods"] = {}
    if is_indexed(spec) and tally.indexes:
        status["completedIndexes"] = indexes.text_of(tally.indexes)
    if verdict is not None:
        _set(status, verdict.type, "True", verdict.reason, verdict.message, at)
        if not running and not lingering:
            _set(status, verdict.final, "True", verdict.reason, verdict.message, at)
            if verdict.final == "Complete":
                status["completionTime"] = at
    if not status["conditions"]:
        del status["conditions"]
    return status


def finished_at(job: Object) -> datetime | None:
    """When the Job became Complete or Failed."""
    for kind in ("Complete", "Failed"):
        found = states.condition(job, kind)
        if found is not None and found["status"] == "True":
            return states.instant(found["lastTransitionTime"])
    return None


def _suspend(spec: Object, old: Object, status: Object, at: str) -> None:
    """The start of a Job is when it is first, or again, not suspended."""
    is_suspended = any(c["type"] == "Suspended" and c["status"] == "True" for c in status["conditions"])
    if spec.get("suspend"):
        _set(status, "Suspended", "True", "JobSuspended", "Job suspended", at)
        return
    status["startTime"] = at if is_suspended else old.get("startTime") or at
    if is_suspended:
        _set(status, "Suspended", "False", "JobResumed", "Job resumed", at)


def _set(status: Object, kind: str, truth: str, reason: str, message: str, at: str) -> None:
    new = {"type": kind, "status": truth, "reason": reason, "message": message}
    old = next((each for each in status["conditions"] if each["type"] == kind), None)
    if old is not None and old["status"] == truth:
        return
    states.put_condition(status, {**new, "lastProbeTime": at, "lastTransitionTime": at})
