"""The pure parts: windows, quantiles, pacing, the deal of tasks, the shape."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from simulator.load.loopback import loopback_host
from simulator.load.pacing import deal, next_slot, phase_s
from simulator.load.windows import Windows, quantile

SHARES = st.sampled_from([0.5, 0.95, 0.99])
ENDS = st.tuples(st.floats(1000, 1010), st.sampled_from("ab"), st.booleans(), st.floats(0, 2500))


@given(st.lists(st.floats(0, 1e6), min_size=1), SHARES)
def test_a_quantile_is_the_smallest_value_that_its_share_does_not_exceed(values: list[float], share: float) -> None:
    found = quantile(sorted(values), share)
    assert found is not None
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_quantiles_of_no_requests_are_missing_rather_than_zero() -> None:
    (window,) = Windows(["a"], started_at=1000.5).close(1001.0, users=0)
    assert (window.requests, window.p50_ms, window.p99_ms) == (0, None, None)


@given(st.lists(ENDS), st.lists(st.floats(1000, 1012)))
def test_every_request_is_in_one_window_and_every_second_is_handed_out_once(
    ends: list[tuple[float, str, bool, float]], closings: list[float]
) -> None:
    windows = Windows(["a"], started_at=1000.0)
    closed = []
    moments = sorted([(end[0], end) for end in ends] + [(at, None) for at in closings], key=lambda moment: moment[0])
    for at, end in moments:
        if end is None:
            closed += windows.close(at, users=1)
        else:
            windows.ended(at, end[1], user=0, ok=end[2], latency_ms=end[3])
    closed += windows.close(1012.0, users=1, final=True)
    assert [window.at.timestamp() for window in closed] == list(range(1000, 1013))
    expected = Counter(int(end[0]) for end in ends)
    assert {w.at.timestamp(): w.requests for w in closed if w.requests} == dict(expected)
    assert sum(window.failures for window in closed) == sum(not end[2] for end in ends)


def test_a_user_who_met_several_failures_is_affected_once() -> None:
    windows = Windows(["a"], started_at=1000.0)
    for user, ok in [(0, False), (0, False), (1, True), (2, False)]:
        windows.ended(1000.5, "a", user=user, ok=ok, latency_ms=1.0)
    (window,) = windows.close(1001.0, users=10)
    assert (window.users_affected, window.users, window.failures) == (2, 10, 3)


def test_a_window_names_the_worst_lateness_of_beginnings_and_of_its_own_closing() -> None:
    windows = Windows(["a"], started_at=1000.0)
    windows.begun(1000.2, late_s=0.03)
    windows.begun(1001.2, late_s=0.001)
    first, second = windows.close(1002.01, users=1)
    assert first.lag_ms == 1010
    assert second.lag_ms == 10
    assert (first.offered, second.offered) == (1, 1)


@given(st.floats(0, 100), st.floats(0.1, 2))
def test_a_user_keeps_its_schedule_and_leaves_out_what_a_stall_ran_over(stalled_s: float, every_s: float) -> None:
    slot = next_slot(stalled_s, 0.0, every_s)
    steps = slot.at / every_s
    assert abs(steps - round(steps)) < 1e-6
    assert steps >= 1
    assert 0 <= slot.wait_s <= every_s + 1e-9
    assert stalled_s - slot.at < every_s + 1e-9


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 6), min_size=1, max_size=6))
def test_a_deal_holds_each_task_as_often_as_its_weight(weights: dict[str, int]) -> None:
    assert Counter(deal(weights)) == weights


def test_a_deal_spreads_a_heavy_task_over_the_round() -> None:
    assert "".join(deal({"a": 3, "b": 1, "c": 1})) == "abaca"


def test_thirty_users_begin_spread_over_their_interval() -> None:
    phases = sorted(phase_s(index, 0.5) for index in range(30))
    gaps = [later - earlier for earlier, later in pairwise(phases)]
    assert max(gaps) < 3 * 0.5 / 30


def test_loopback_addresses_are_kept_as_they_are() -> None:
    for host in ("http://127.3.128.4:8080", "http://localhost:80", "http://[::1]:8080", "http://127.0.0.1"):
        assert loopback_host(host) == loopback_host(host + "/") == host
