"""The circuit breaker on a clock of its own."""

import pytest

from target_app.upstream.circuit_breaker import CircuitBreaker, State


@pytest.fixture
def clock():
    return {"now": 0.0}


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(enabled=True, failure_threshold=2, reset_timeout_s=30, clock=lambda: clock["now"])


def test_it_opens_after_failures_in_a_row_and_tries_again_later(breaker, clock):
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock["now"] = 30.0
    assert breaker.state is State.HALF_OPEN
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert breaker.state is State.CLOSED


def test_a_trial_that_fails_opens_it_for_another_while(breaker, clock):
    breaker.failed()
    breaker.failed()
    clock["now"] = 30.0
    assert breaker.allows()
    breaker.failed()
    clock["now"] = 59.0
    assert not breaker.allows()


def test_switched_off_it_opens_by_hand_only(clock):
    breaker = CircuitBreaker(enabled=False, failure_threshold=1, reset_timeout_s=30, clock=lambda: clock["now"])
    breaker.failed()
    assert breaker.allows()
    breaker.force_open()
    clock["now"] = 1000.0
    assert not breaker.allows()
    breaker.close()
    assert breaker.allows()
