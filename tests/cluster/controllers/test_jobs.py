"""What a Job's pods come to, when it is over, and which pods it makes next."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.controllers.job_status import assemble
from simulator.cluster.controllers.job_steps import next_step, verdict
from simulator.cluster.controllers.job_tally import FINALIZER, INDEX, judge, meets_success_policy, tally
from simulator.cluster.kinds.jobs import KIND
from simulator.cluster.objects import indexes
from simulator.cluster.objects.states import instant
from simulator.cluster.store import Object

NOW = instant("2026-01-01T00:01:00Z")
START = "2026-01-01T00:00:00Z"


def job(*, status: Object | None = None, restart: str = "Never", **spec: Any) -> Object:
    template = {"spec": {"restartPolicy": restart, "containers": [{"name": "c", "image": "i"}]}}
    obj: Object = {
        "metadata": {"name": "j", "namespace": "n", "uid": "u"},
        "spec": {"template": template, **spec},
        "status": {"startTime": START, **(status or {})},
    }
    KIND.fill(obj)
    return obj


def pod(phase: str = "Running", *, index: int | None = None, code: int | None = None, **more: Any) -> Object:
    meta: Object = {"name": f"p{index}", "namespace": "n", "finalizers": [FINALIZER], **more.pop("meta", {})}
    if index is not None:
        meta["annotations"] = {INDEX: str(index)}
    ended = [{"name": "c", "state": {"terminated": {"exitCode": code}}}] if code is not None else []
    return {"metadata": meta, "spec": {}, "status": {"phase": phase, "containerStatuses": ended, **more}}


ENDING = {"meta": {"deletionTimestamp": START}}


@given(st.sets(st.integers(0, 40)))
def test_indexes_survive_their_text(found: set[int]) -> None:
    assert indexes.parse(indexes.text_of(found), 41) == found


def test_indexes_are_written_short() -> None:
    assert indexes.text_of({0, 2, 3, 5, 6, 7}) == "0,2,3,5-7"
    assert indexes.parse("0-9", 3) == {0, 1, 2}
    with pytest.raises(ValueError, match='integer for index: "x"'):
        indexes.parse("1,x", 3)


def test_each_pod_is_counted_once() -> None:
    held, done = pod("Succeeded"), pod("Succeeded", meta={"finalizers": []})
    sums = tally(job(status={"succeeded": 1}, completions=3), [held, done, pod("Failed"), pod()])
    assert (sums.succeeded, sums.failed, len(sums.counted)) == (2, 1, 2)


def test_an_index_succeeds_once() -> None:
    own = job(completionMode="Indexed", completions=3, status={"completedIndexes": "0"})
    sums = tally(own, [pod("Succeeded", index=0), pod("Succeeded", index=2), pod("Succeeded", index=9)])
    assert (sums.succeeded, sorted(sums.indexes), len(sums.counted)) == (2, [0, 2], 3)


def test_a_pod_that_is_deleted_has_failed_unless_only_failed_ones_are_replaced() -> None:
    assert tally(job(), [pod(**ENDING)]).failed == 1
    assert tally(job(podReplacementPolicy="Failed"), [pod(**ENDING)]).failed == 0


RULES = {
    "rules": [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": {"containerName": "c", "operator": "In", "values": [42]}},
        {"action": "Count", "onExitCodes": {"operator": "NotIn", "values": [42]}},
    ]
}


def test_a_policy_ignores_disruptions_and_knows_fatal_exits() -> None:
    spec = job(podFailurePolicy=RULES)["spec"]
    disrupted = pod("Failed", code=42, conditions=[{"type": "DisruptionTarget", "status": "True"}])
    assert judge(spec, disrupted)[0] == "Ignore"
    fatal = pod("Failed", code=42)
    words = "Container c for pod n/pNone failed with exit code 42 matching FailJob rule at index 1"
    assert judge(spec, fatal) == ("FailJob", words)
    assert judge(spec, pod("Failed", code=1))[0] == "Count"
    sums = tally(job(podFailurePolicy=RULES), [fatal, disrupted])
    assert (sums.failed, len(sums.counted)) == (1, 2)
    assert verdict(job(podFailurePolicy=RULES), sums, [], NOW) is not None


def test_a_success_policy_is_met_by_count_or_by_all_of_its_indexes() -> None:
    rules = [{"succeededIndexes": "0-1"}, {"succeededIndexes": "2-4", "succeededCount": 2}]
    spec = job(completionMode="Indexed", completions=5, successPolicy={"rules": rules})["spec"]
    assert meets_success_policy(spec, frozenset({0, 2})) is None
    assert meets_success_policy(spec, frozenset({2, 4})) == 1
    assert meets_success_policy(spec, frozenset({0, 1})) == 0


VERDICTS: dict[str, tuple[Object, Sequence[Object], str | None]] = {
    "work is left": (job(completions=2, status={"succeeded": 1}), [], None),
    "all have succeeded": (job(completions=2, status={"succeeded": 2}), [], "CompletionsReached"),
    "one of them still runs": (job(completions=2, status={"succeeded": 2}), [pod()], None),
    "a queue is empty when one has succeeded": (job(parallelism=2, status={"succeeded": 1}), [], "CompletionsReached"),
    "as many failures as allowed": (job(backoffLimit=2, status={"failed": 2}), [], None),
    "one more": (job(backoffLimit=2, status={"failed": 3}), [], "BackoffLimitExceeded"),
    "a container that restarts too often": (
        job(restart="OnFailure", backoffLimit=2),
        [pod(containerStatuses=[{"name": "c", "restartCount": 2}])],
        "BackoffLimitExceeded",
    ),
    "in time": (job(activeDeadlineSeconds=61), [pod()], None),
    "too late": (job(activeDeadlineSeconds=60), [pod()], "DeadlineExceeded"),
    "a suspended one is never late": (job(activeDeadlineSeconds=60, suspend=True), [], None),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_when_a_job_is_over(case: str) -> None:
    own, pods, reason = VERDICTS[case]
    found = verdict(own, tally(own, pods), pods, NOW)
    assert (found.reason if found else None) == reason


def steps(own: Object, *pods: Object) -> tuple[int, tuple[int, ...], int]:
    """Pods made, for which indexes, pods deleted."""
    step = next_step(own, tally(own, pods), pods)
    return step.create, step.indexes, len(step.delete)


def test_as_many_run_as_there_is_work_for() -> None:
    assert steps(job(completions=5, parallelism=3)) == (3, (), 0)
    assert steps(job(completions=5, parallelism=3, status={"succeeded": 4}), pod()) == (0, (), 0)
    assert steps(job(completions=5, parallelism=1), pod(), pod()) == (0, (), 1)
    assert steps(job(completions=5, suspend=True), pod()) == (0, (), 1)
    assert steps(job(parallelism=3, status={"succeeded": 1}), pod()) == (0, (), 0)


def test_indexes_are_given_out_in_order_and_to_one_pod_each() -> None:
    own = job(completionMode="Indexed", completions=5, parallelism=3, status={"completedIndexes": "0"})
    assert steps(own, pod(index=2)) == (2, (1, 3), 0)
    assert steps(own, pod(index=1), pod(index=1), pod(index=7)) == (0, (), 2)


def test_only_failed_pods_are_replaced_where_the_policy_says_so() -> None:
    ending = pod(**ENDING)
    assert steps(job(podReplacementPolicy="Failed"), ending)[0] == 0
    assert steps(job(), ending)[0] == 1


@given(st.integers(0, 6), st.integers(0, 6), st.lists(st.sampled_from(["Running", "Succeeded", "Failed", "Pending"])))
def test_never_more_run_than_parallelism(completions: int, parallelism: int, phases: list[str]) -> None:
    own, pods = job(completions=completions, parallelism=parallelism), [pod(phase) for phase in phases]
    made, _, gone = steps(own, *pods)
    running = sum(phase in ("Running", "Pending") for phase in phases)
    assert made == 0 or running + made <= min(parallelism, completions)
    assert running - gone <= max(parallelism, 0)


def test_a_job_says_that_it_failed_only_when_nothing_runs_any_more() -> None:
    own = job(backoffLimit=0, status={"failed": 1})
    sums, running = tally(own, []), [pod(**ENDING)]
    why = verdict(own, sums, running, NOW)
    waiting = assemble(own, sums, running, why, NOW)
    assert [each["type"] for each in waiting["conditions"]] == ["FailureTarget"]
    over = assemble({**own, "status": waiting}, sums, [], why, NOW)
    assert [each["type"] for each in over["conditions"]] == ["FailureTarget", "Failed"]
    assert "completionTime" not in over


def test_a_resumed_job_starts_anew() -> None:
    held = assemble(job(suspend=True), tally(job(), []), [], None, instant(START))
    assert "startTime" not in held
    resumed = assemble({**job(), "status": held}, tally(job(), []), [], None, NOW)
    assert resumed["startTime"] == "2026-01-01T00:01:00Z"
    assert resumed["conditions"][0]["status"] == "False"
