"""What a Job's pods have come to: successes and failures, each counted once (pkg/controller/job). Pure.

A pod carries a finalizer until it is counted, so none is lost, and none counts twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.cluster.kinds.jobs import is_indexed
from simulator.cluster.objects import indexes, states
from simulator.cluster.store import Object

FINALIZER = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True)
class Tally:
    """Sums with the pods that are counted now; `counted` are those, `fatal` says why one of them fails the Job."""

    succeeded: int
    failed: int
    indexes: frozenset[int]
    counted: tuple[Object, ...]
    new_failures: int
    new_successes: int
    fatal: str | None = None


def tally(job: Object, pods: Iterable[Object], *, is_finished: bool = False) -> Tally:
    """Add what the pods came to to what the status holds. Once the Job is finished, what still ran counts as failed."""
    status, spec = job.get("status") or {}, job["spec"]
    is_by_index = is_indexed(spec)
    known = indexes.parse(status.get("completedIndexes"), spec.get("completions") or 0) if is_by_index else set()
    counted: list[Object] = []
    successes = failures = 0
    fatal: str | None = None
    for pod in (each for each in pods if FINALIZER in (each["metadata"].get("finalizers") or ())):
        if states.phase(pod) == "Succeeded":
            index = index_of(pod)
            if is_by_index and index is not None and index < spec["completions"] and index not in known:
                known.add(index)
                successes += 1
            successes += not is_by_index
        elif is_failed(job, pod) or (is_finished and states.is_marked(pod)):
            action, why = judge(spec, pod)
            failures += action != "Ignore"
            fatal = fatal or (why if action == "FailJob" else None)
        else:
            continue
        counted.append(pod)
    succeeded = len(known) if is_by_index else int(status.get("succeeded") or 0) + successes
    failed = int(status.get("failed") or 0) + failures
    return Tally(succeeded, failed, frozenset(known), tuple(counted), failures, successes, fatal)


def is_failed(job: Object, pod: Object) -> bool:
    """A pod that is being deleted has failed too, unless only failed ones are replaced."""
    if states.phase(pod) == "Failed":
        return True
    is_lenient = job["spec"].get("podReplacementPolicy") == "Failed"
    return not is_lenient and states.is_marked(pod) and states.phase(pod) != "Succeeded"


def index_of(pod: Object) -> int | None:
    """Which completion of an Indexed Job the pod is for."""
    text = (pod["metadata"].get("annotations") or {}).get(INDEX)
    return int(text) if text is not None and text.isdecimal() else None


def judge(spec: Object, pod: Object) -> tuple[str, str]:
    """The action of the first rule of podFailurePolicy that fits, and the words for it; Count without one."""
    if states.phase(pod) != "Failed":
        return "Count", ""
    where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    for number, rule in enumerate((spec.get("podFailurePolicy") or {}).get("rules") or ()):
        action = rule["action"]
        if (codes := rule.get("onExitCodes")) is not None:
            found = _exit_that_fits(codes, pod)
            if found is not None:
                name, code = found
                words = f"Container {name} for pod {where} failed with exit code {code} matching {action} rule"
                return action, f"{words} at index {number}"
        for pattern in rule.get("onPodConditions") or ():
            condition = states.condition(pod, pattern["type"])
            if condition is not None and condition["status"] == pattern["status"]:
                words = f"Pod {where} has condition {pattern['type']} matching {action} rule"
                return action, f"{words} at index {number}"
    return "Count", ""


def meets_success_policy(spec: Object, succeeded: frozenset[int]) -> int | None:
    """The first rule of successPolicy that the succeeded indexes meet."""
    for number, rule in enumerate((spec.get("successPolicy") or {}).get("rules") or ()):
        wanted = rule.get("succeededIndexes")
        among = indexes.parse(wanted, spec["completions"]) if wanted is not None else set(range(spec["completions"]))
        least = rule.get("succeededCount") or len(among)
        if len(among & succeeded) >= least:
            return number
    return None


def _exit_that_fits(codes: Mapping[str, Any], pod: Object) -> tuple[str, int] | None:
    status = pod.get("status") or {}
    for entry in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        ended = (entry.get("state") or {}).get("terminated")
        if ended is None or codes.get("containerName") not in (None, "", entry["name"]):
            continue
        code = ended["exitCode"]
        if code != 0 and (code in codes["values"]) is (codes["operator"] == "In"):
            return entry["name"], code
    return None
