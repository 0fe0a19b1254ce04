"""The kubelet's pure parts: phases, back-off, probe thresholds, memory by process."""

import pytest

from simulator.cluster.kubelet.back_off import BackOff, BackOffLimits
from simulator.cluster.kubelet.pod_status import Situation, assemble
from simulator.cluster.kubelet.probing import Tally
from simulator.cluster.kubelet.processes.process_table import Row, by_container
from simulator.cluster.store import Object

RUNNING = {"running": {}}
WAITING = {"waiting": {"reason": "ContainerCreating"}}
OK, FAILED = {"terminated": {"exitCode": 0}}, {"terminated": {"exitCode": 1}}


def status_of(policy: str, *states: Object, init: tuple[Object, ...] = ()) -> Object:
    def container(index: int, state: Object) -> Object:
        last = FAILED if state is WAITING and index == 99 else {}
        return {"name": f"c{index}", "state": state, "lastState": last, "ready": state is RUNNING, "restartCount": 0}

    pod: Object = {"metadata": {}, "spec": {"restartPolicy": policy, "containers": []}}
    own = tuple(container(index, state) for index, state in enumerate(states))
    before = tuple(container(index, state) for index, state in enumerate(init))
    situation = Situation("127.1.0.1", "127.1.1.1", "2026-01-01T00:00:00Z", before, own)
    return assemble(pod, situation, "2026-01-01T00:00:01Z")


@pytest.mark.parametrize(
    ("policy", "states", "phase"),
    [
        ("Always", (RUNNING,), "Running"),
        ("Always", (RUNNING, WAITING), "Pending"),
        ("Always", (FAILED,), "Running"),
        ("OnFailure", (FAILED,), "Running"),
        ("OnFailure", (OK, OK), "Succeeded"),
        ("Never", (OK, FAILED), "Failed"),
        ("Never", (OK, RUNNING), "Running"),
    ],
)
def test_phases_are_those_of_the_kubelet(policy: str, states: tuple[Object, ...], phase: str) -> None:
    assert status_of(policy, *states)["phase"] == phase


def test_a_pod_is_pending_until_its_init_containers_are_done() -> None:
    status = status_of("Always", WAITING, init=(RUNNING,))
    assert status["phase"] == "Pending"
    conditions = {entry["type"]: entry["status"] for entry in status["conditions"]}
    assert (conditions["Initialized"], conditions["Ready"]) == ("False", "False")


def test_an_unready_container_is_named() -> None:
    ready = next(entry for entry in status_of("Always", RUNNING, FAILED)["conditions"] if entry["type"] == "Ready")
    assert ready["message"] == "containers with unready status: [c1]"


def test_the_first_restart_is_at_once_and_the_next_ones_wait_twice_as_long() -> None:
    back_off = BackOff(BackOffLimits(10, 300))
    waits = [back_off.after_end(now) for now in range(8)]
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]


def test_a_container_that_ran_long_enough_starts_anew() -> None:
    back_off = BackOff(BackOffLimits(10, 300))
    assert [back_off.after_end(now) for now in (0, 1, 2, 700)] == [0, 10, 20, 0]


def test_the_back_off_follows_the_clock_but_stays_visible() -> None:
    assert BackOffLimits.at_clock(60) == BackOffLimits(1, 10)
    assert BackOffLimits.at_clock(1) == BackOffLimits(10, 300)


def test_a_verdict_changes_after_as_many_results_in_a_row_as_its_threshold_says() -> None:
    tally = Tally(2, 3)
    results = [True, True, True, False, False, True, False, False, False]
    assert [tally.take(result) for result in results] == [None, True, None, None, None, None, None, None, False]


def test_descendants_with_sessions_of_their_own_count_for_their_container() -> None:
    table = [Row(10, 1, 10, 5), Row(11, 10, 10, 5), Row(12, 11, 12, 5), Row(20, 1, 20, 5), Row(21, 12, 21, 5)]
    members = by_container(table, {10})
    assert {row.pid for row in members[10]} == {10, 11, 12, 21}
