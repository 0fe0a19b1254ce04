"""What is decided about silent nodes, and which pods leave a tainted one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.controllers.node_lifecycle import NodeLifecycle, may_evict, taints, unknown
from simulator.cluster.event_log import EventLog
from simulator.cluster.kinds import admission
from simulator.cluster.kubelet.nodes.times import NodeTimes
from simulator.cluster.objects.states import truths
from simulator.cluster.objects.tolerations import stay_s, tolerates, untolerated
from simulator.cluster.resources import NODES
from simulator.cluster.store import Object, Store

AT = "2026-01-01T00:00:00Z"


def node(ready: str = "", *, cordoned: bool = False, have: tuple[Object, ...] = ()) -> Object:
    spec: Object = {"taints": list(have)} if have else {}
    if cordoned:
        spec["unschedulable"] = True
    conditions = (
        [{"type": "Ready", "status": ready, "lastHeartbeatTime": AT, "lastTransitionTime": AT}] if ready else []
    )
    return {"metadata": {"name": "n"}, "spec": spec, "status": {"conditions": conditions}}


def keys(found: list[Object]) -> set[str]:
    return {f"{each['key'].rpartition('/')[2]}:{each['effect']}" for each in found}


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        (node("True"), set()),
        (node("Unknown"), {"unreachable:NoSchedule", "unreachable:NoExecute"}),
        (node("False"), {"not-ready:NoSchedule", "not-ready:NoExecute"}),
        (node("True", cordoned=True), {"unschedulable:NoSchedule"}),
        (node("True", have=({"key": "mine", "effect": "NoExecute"},)), {"mine:NoExecute"}),
        (node("True", have=({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},)), set()),
        (node("", have=({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},)), {"not-ready:NoSchedule"}),
    ],
)
def test_a_node_has_the_taints_of_its_conditions_and_keeps_those_of_others(of: Object, wanted: set[str]) -> None:
    assert keys(taints(of, AT, may_evict=True)) == wanted


def test_a_taint_that_stays_keeps_its_time() -> None:
    first = taints(node("Unknown"), AT, may_evict=True)
    assert taints(node("Unknown", have=tuple(first)), "2027-01-01T00:00:00Z", may_evict=True) == first


@pytest.mark.parametrize(
    ("ready", "allowed"),
    [("TU", True), ("TUU", True), ("U", False), ("TTUUU", False), ("TTTTUUU", True), ("UUU", False), ("", False)],
)
def test_nothing_is_evicted_while_most_nodes_are_silent(ready: str, allowed: bool) -> None:
    words = {"T": "True", "U": "Unknown"}
    assert may_evict([node(words[sign]) for sign in ready]) is allowed


def test_a_silent_node_is_told_from_one_that_never_spoke() -> None:
    assert unknown(node("True"), AT)[0]["reason"] == "NodeStatusUnknown"
    assert unknown(node(), AT)[0]["reason"] == "NodeStatusNeverUpdated"


@pytest.mark.parametrize(
    ("toleration", "is_tolerated"),
    [
        ({"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute"}, True),
        ({"key": "k", "operator": "Equal", "value": "w"}, False),
        ({"key": "k", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "k", "value": "v"}, True),
        ({"key": "k", "operator": "Exists", "effect": "NoSchedule"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations_match_as_in_kubernetes(toleration: Object, is_tolerated: bool) -> None:
    assert tolerates(toleration, {"key": "k", "value": "v", "effect": "NoExecute"}) is is_tolerated


def test_the_shortest_toleration_counts_and_an_endless_one_does_not() -> None:
    taint = {"key": "k", "effect": "NoExecute"}
    endless = {"key": "k", "operator": "Exists"}
    limited = [{**endless, "tolerationSeconds": seconds} for seconds in (300, 20)]
    assert stay_s([], [taint]) == 0
    assert stay_s([endless], [taint]) is None
    assert stay_s([endless, *limited], [taint]) == 20
    assert stay_s([], [{"key": "k", "effect": "NoSchedule"}]) is None


_NAMES = st.sampled_from(["", "a", "b"])
_EFFECTS = st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"])
_TAINTS = st.fixed_dictionaries({"key": st.sampled_from(["a", "b"]), "value": _NAMES, "effect": _EFFECTS})
_TOLERATIONS = st.fixed_dictionaries({"key": _NAMES, "operator": st.sampled_from(["Exists", "Equal"]), "value": _NAMES})


@given(st.lists(_TOLERATIONS), st.lists(_TAINTS), _TOLERATIONS)
def test_one_more_toleration_never_covers_less(have: list[Object], marks: list[Object], more: Object) -> None:
    if untolerated(have, marks, "NoSchedule", "NoExecute") is None:
        assert untolerated([*have, more], marks, "NoSchedule", "NoExecute") is None


@given(st.floats(min_value=0.1, max_value=10_000))
def test_at_every_clock_the_grace_outlasts_several_renewals(clock: float) -> None:
    times = NodeTimes.at_clock(clock)
    assert times.renewal_s >= 1
    assert times.lease_s < times.grace_s
    assert times.grace_s == pytest.approx(5 * times.renewal_s)


class StoppedClock(asyncio.SelectorEventLoop):
    """An event loop whose clock can be moved on, as for a process that did not run for a while."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s


async def _run_while(lifecycle: NodeLifecycle, story: Callable[[], Awaitable[None]]) -> None:
    running = asyncio.create_task(lifecycle.run())
    try:
        await story()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def played(story: Callable[[Store, StoppedClock], Awaitable[None]]) -> None:
    """A node that is ready, in the hands of its controller, with a grace of one second."""
    store = Store()
    loop = StoppedClock()
    times = replace(NodeTimes.at_clock(60), grace_s=1.0)
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": AT, "lastTransitionTime": AT}
    draft = {"metadata": {"name": "n"}, "spec": {}, "status": {"conditions": [ready]}}

    async def main() -> None:
        store.create(NODES, admission.admit(NODES, draft))
        lifecycle = NodeLifecycle(store, EventLog(store), times)
        await _run_while(lifecycle, lambda: story(store, loop))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main())


def truth(store: Store) -> str:
    return truths(store.get(NODES, "", "n"))["Ready"]


def heartbeat(store: Store, number: int) -> None:
    def write(draft: Object) -> None:
        draft["status"]["conditions"][0]["lastHeartbeatTime"] = f"2026-01-01T00:00:{number:02}Z"

    store.modify(NODES, "", "n", write)


def test_a_node_that_says_nothing_is_unknown_when_its_grace_is_over() -> None:
    async def story(store: Store, loop: StoppedClock) -> None:
        began = loop.time()
        while truth(store) == "True":
            assert loop.time() - began < 10
            await asyncio.sleep(0.02)
        assert truth(store) == "Unknown"
        assert loop.time() - began >= 1.0

    played(story)


def test_a_machine_that_stood_still_finds_no_node_silent() -> None:
    async def story(store: Store, loop: StoppedClock) -> None:
        for number in range(8):
            loop.ahead_s += 30.0  # longer than any grace, and nobody could say or hear a word
            for _ in range(3):  # whose turn comes first is left open: the controller may judge before the node reports
                await asyncio.sleep(0)
            assert truth(store) == "True"
            await asyncio.sleep(0.1)
            heartbeat(store, number)
        assert truth(store) == "True"

    played(story)
