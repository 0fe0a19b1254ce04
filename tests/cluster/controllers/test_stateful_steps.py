"""What a StatefulSet makes and takes away next, in which order."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.controllers.stateful_steps import next_step, status_of
from simulator.cluster.objects.states import instant
from simulator.cluster.store import Object

NOW = instant("2026-01-01T00:01:00Z")


def a_set(replicas: int = 3, *, partition: int = 0, most: int | str = 1, **spec: Any) -> Object:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition, "maxUnavailable": most}}
    return {
        "metadata": {"name": "web", "generation": 1},
        "spec": {"replicas": replicas, "podManagementPolicy": "OrderedReady", "updateStrategy": rolling, **spec},
    }


def pod(ordinal: int, state: str = "ready", revision: str = "new", since: str = "2026-01-01T00:00:00Z") -> Object:
    """`state`: ready, unready, ending, failed."""
    meta: Object = {"name": f"web-{ordinal}", "labels": {"controller-revision-hash": revision}}
    if state == "ending":
        meta["deletionTimestamp"] = "2026-01-01T00:00:59Z"
    is_ready = state in ("ready", "ending")
    ready = {"type": "Ready", "status": "True" if is_ready else "False", "lastTransitionTime": since}
    phase = "Failed" if state == "failed" else "Running"
    return {"metadata": meta, "spec": {}, "status": {"phase": phase, "conditions": [ready]}}


def step(stateful_set: Object, *pods: Object) -> tuple[list[int], list[str]]:
    """Ordinals made and names deleted."""
    found = next_step(stateful_set, pods, "new", NOW)
    return list(found.create), [each["metadata"]["name"] for each in found.delete]


PARALLEL = {"podManagementPolicy": "Parallel"}
CASES: dict[str, tuple[Object, Sequence[Object], list[int], list[str]]] = {
    "the first pod comes alone": (a_set(), [], [0], []),
    "the next waits for its predecessor": (a_set(), [pod(0, "unready")], [], []),
    "the next follows a ready one": (a_set(), [pod(0)], [1], []),
    "a predecessor has to be ready for long enough": (a_set(minReadySeconds=90), [pod(0)], [], []),
    "a gap is filled first": (a_set(), [pod(0), pod(2)], [1], []),
    "in parallel all come at once": (a_set(**PARALLEL), [], [0, 1, 2], []),
    "ordinals may start elsewhere": (a_set(2, ordinals={"start": 5}), [pod(5)], [6], []),
    "a failed pod is taken away": (a_set(), [pod(0), pod(1, "failed")], [], ["web-1"]),
    "the highest ordinal goes first": (a_set(1), [pod(0), pod(1), pod(2)], [], ["web-2"]),
    "an ending pod is waited for": (a_set(1), [pod(0), pod(1), pod(2, "ending")], [], []),
    "a ready one above an unready one goes": (a_set(1), [pod(0), pod(1, "unready"), pod(2)], [], ["web-2"]),
    "but not its own end": (a_set(1), [pod(0), pod(1, "unready")], [], ["web-1"]),
    "nor does another unready pod above it go": (
        a_set(1),
        [pod(0), pod(1, "unready"), pod(2, "unready")],
        [],
        [],
    ),
    "in parallel all go at once": (a_set(1, **PARALLEL), [pod(0), pod(1), pod(2)], [], ["web-2", "web-1"]),
    "an update takes the highest first": (a_set(), [pod(n, revision="old") for n in range(3)], [], ["web-2"]),
    "and goes on when that one is ready": (
        a_set(),
        [pod(0, revision="old"), pod(1, revision="old"), pod(2)],
        [],
        ["web-1"],
    ),
    "down to the partition": (a_set(partition=2), [pod(0, revision="old"), pod(1, revision="old"), pod(2)], [], []),
    "several at once where several may be unavailable": (
        a_set(4, most="50%"),
        [pod(n, revision="old") for n in range(4)],
        [],
        ["web-3", "web-2"],
    ),
    "nothing is updated on delete only": (
        a_set(updateStrategy={"type": "OnDelete"}),
        [pod(n, revision="old") for n in range(3)],
        [],
        [],
    ),
    "a strange name is left alone": (a_set(0), [pod(0) | {"metadata": {"name": "webby-0"}}], [], []),
}


@pytest.mark.parametrize("case", CASES)
def test_the_next_step(case: str) -> None:
    stateful_set, pods, create, delete = CASES[case]
    assert step(stateful_set, *pods) == (create, delete)


@given(
    st.integers(0, 5),
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(["ready", "unready", "ending"]), st.sampled_from(["new", "old"])),
        unique_by=lambda entry: entry[0],
    ),
)
def test_in_order_one_step_never_touches_two_pods(replicas: int, pods: list[tuple[int, str, str]]) -> None:
    create, delete = step(a_set(replicas), *(pod(*each) for each in pods))
    assert len(create) + len(delete) <= 1
    ready = {number for number, state, _ in pods if state == "ready"}
    assert all(set(range(ordinal)) <= ready for ordinal in create)


def test_the_status_counts_by_revision_and_a_rollout_that_is_over_has_one() -> None:
    half = status_of(a_set(2), [pod(0, revision="old"), pod(1)], "old", "new", 0, NOW)
    assert (half["currentReplicas"], half["updatedReplicas"], half["currentRevision"]) == (1, 1, "old")
    whole = status_of(a_set(2), [pod(0), pod(1)], "old", "new", 0, NOW)
    assert (whole["currentReplicas"], whole["updatedReplicas"], whole["currentRevision"]) == (2, 2, "new")
    assert status_of(a_set(0), [], "old", "new", 0, NOW)["availableReplicas"] == 0
