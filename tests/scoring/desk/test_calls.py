"""Who has to be called by when, and how that stands."""

from collections.abc import Callable
from typing import Any

import pytest
from desk_told import alert

Tell = Callable[..., Any]
PAGED = [(3, "impact.started", {}), (5, "alert.firing", alert()), (6, "incident.declared", {"severity": "SEV-1"})]


@pytest.mark.parametrize(("minute", "state"), [(10, "ahead"), (18, "due"), (23, "due"), (23.1, "overdue")])
def test_a_timed_call_falls_due_after_the_onset_and_has_its_grace(tell: Tell, minute: float, state: str) -> None:
    call = tell(*PAGED).call("engineering-manager", minute)
    assert (call.state, call.by) == (state, ("phone",))
    assert (call.due_at, call.until_at) == (tell().at(18), tell().at(23))
    assert "SEV-1" in call.when


@pytest.mark.parametrize(
    ("by", "minute", "state"),
    [("phone", 19, "made"), ("phone", 10, "made"), ("phone", 30, "late"), ("email", 19, "overdue")],
)
def test_a_call_counts_by_the_channel_that_the_rule_wants(tell: Tell, by: str, minute: float, state: str) -> None:
    told = tell(*PAGED, (minute, "incident.escalated", {"to": "Engineering Manager", "by": by}))
    assert told.call("engineering-manager", 40).state == state


def test_served_in_time_nobody_has_to_be_called(tell: Tell) -> None:
    assert tell(*PAGED, (9, "impact.ended", {})).call("engineering-manager", 40).state == "not_needed"


def test_a_lower_level_needs_no_such_call(tell: Tell) -> None:
    lower = tell(*PAGED, (7, "incident.reclassified", {"severity": "SEV-3"}))
    assert lower.call("engineering-manager", 40).state == "not_needed"


def test_a_call_for_a_kind_of_failure_waits_for_the_diagnosis(tell: Tell) -> None:
    assert tell(*PAGED).call("security", 10).state == "if_so"
    found = tell(*PAGED, (8, "diagnosis.submitted", {"failure_mode": "credential-leak"}))
    assert found.call("security", 10).state == "due"
    assert found.call("security", 21).state == "overdue"


def test_what_only_people_know_is_never_due(tell: Tell) -> None:
    assert tell(*PAGED).call("customer-success", 500).state == "if_so"


def test_the_most_urgent_stands_first(tell: Tell) -> None:
    states = [call.state for call in tell(*PAGED).desk(19).calls]
    assert states[0] == "due"
    assert states == sorted(states, key=["overdue", "due", "ahead", "if_so", "late", "made", "not_needed"].index)


def test_a_stop_of_the_clock_puts_off_what_is_due(tell: Tell) -> None:
    told = tell(*PAGED, (10, "clock.stopped", {}), (110, "clock.started", {}))
    assert told.call("engineering-manager", 115).state == "ahead"
    assert told.call("engineering-manager", 118).state == "due"
