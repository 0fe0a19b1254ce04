"""A quota for each period: who has to wait, and what the average comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cluster.kubelet import amounts
from simulator.cluster.kubelet.processes.cpu_quota import PERIOD_S, Allowance

PROCESSORS = 2


def test_what_is_used_up_waits_for_the_next_period() -> None:
    allowance = Allowance(0.5, 0.0, PROCESSORS)
    allowance.spend(0.05)
    allowance.renew(0.05)
    assert allowance.is_used_up
    assert allowance.next_look(0.05) == pytest.approx(PERIOD_S)
    allowance.renew(PERIOD_S)
    assert not allowance.is_used_up


def test_what_was_used_beyond_the_quota_is_owed() -> None:
    allowance = Allowance(0.5, 0.0, PROCESSORS)
    allowance.spend(0.16)
    allowance.renew(PERIOD_S)
    allowance.renew(2 * PERIOD_S)
    assert allowance.is_used_up
    allowance.renew(3 * PERIOD_S)
    assert not allowance.is_used_up


def test_what_is_left_over_is_lost() -> None:
    allowance = Allowance(0.5, 0.0, PROCESSORS)
    allowance.renew(50 * PERIOD_S)
    allowance.spend(0.05)
    assert allowance.is_used_up


def test_a_second_in_which_nobody_looked_costs_a_second_at_most() -> None:
    allowance = Allowance(0.1, 0.0, PROCESSORS)
    allowance.spend(20.0)
    allowance.renew(10.0)
    waited = next(n for n in range(100) if not (allowance.renew(10.0 + n * PERIOD_S), allowance.is_used_up)[1])
    assert waited <= 11


def test_who_uses_little_is_looked_at_once_in_a_period() -> None:
    allowance = Allowance(0.5, 0.0, PROCESSORS)
    now = 0.0
    for period in range(1, 20):
        now = period * PERIOD_S + 0.001
        allowance.spend(0.005)
        allowance.renew(now)
    assert allowance.next_look(now) - now > 0.9 * PERIOD_S
    now = allowance.next_look(now) + 0.001
    allowance.spend(0.03)
    allowance.renew(now)
    assert allowance.next_look(now) - now <= 0.01


@given(
    st.floats(0.1, 1.9),
    st.lists(st.floats(0, 0.02), min_size=50, max_size=200),
    st.integers(1, PROCESSORS),
)
def test_a_greedy_program_gets_its_limit_however_late_we_look(cores: float, late: list[float], threads: int) -> None:
    allowance = Allowance(cores, 0.0, PROCESSORS)
    now = used = 0.0
    for late_s in late:
        then = allowance.next_look(now) + late_s
        spent = 0.0 if allowance.is_used_up else threads * (then - now)
        used += spent
        allowance.spend(spent)
        allowance.renew(then)
        now = then
    one_look = PROCESSORS * 0.03
    assert used <= cores * (now + PERIOD_S) + one_look
    if cores < 0.8 * threads:  # beyond that, what is lost is that we go on late
        assert used >= 0.9 * cores * now - 2 * cores * PERIOD_S - one_look


@pytest.mark.parametrize(("limit", "cores"), [("500m", 0.5), ("2", 2.0), ("1m", 0.01), ("0", None), (None, None)])
def test_a_limit_is_a_number_of_cores(limit: str | None, cores: float | None) -> None:
    limits = {"memory": "1Gi", **({"cpu": limit} if limit else {})}
    assert amounts.cpu_limit({"resources": {"limits": limits}}) == cores


def test_periods_are_counted_and_those_in_which_it_waited() -> None:
    allowance = Allowance(0.5, 0.0, PROCESSORS)
    allowance.renew(10 * PERIOD_S)
    assert (allowance.periods, allowance.throttled_periods) == (10, 0)
    allowance.spend(0.06)
    allowance.renew(11 * PERIOD_S)
    assert (allowance.periods, allowance.throttled_periods) == (11, 1)
