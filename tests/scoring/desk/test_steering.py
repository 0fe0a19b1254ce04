"""What the facilitator's and the observers' forms mean, and how they are refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from desk_told import Told, alert, filled

from scoring.desk.forms import Refused
from scoring.desk.steering import held_faults, observe, steer
from scoring.timeline import Fault, Truth

Tell = Callable[..., Any]
PAGED = (5, "alert.firing", alert())
STOPPED = (6, "clock.stopped", {"reason": "fire alarm"})


def refused(told: Told, name: str, **fields: Any) -> dict[str, str]:
    with pytest.raises(Refused) as error:
        steer(name, filled(**fields), told.seat(10))
    return error.value.faults


def made(told: Told, name: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    event = steer(name, filled(**fields), told.seat(10))
    return event.kind, event.data


def test_the_clock_is_stopped_while_it_runs_and_started_while_it_stands(tell: Tell) -> None:
    assert made(tell(PAGED), "stop", reason="lunch") == ("clock.stopped", {"reason": "lunch", "by": "Ada"})
    assert made(tell(PAGED, STOPPED), "start") == ("clock.started", {"by": "Ada"})
    assert refused(tell(PAGED, STOPPED), "stop")[""] == "The drill clock stands since 10:06:00 UTC."
    assert refused(tell(PAGED), "start")[""] == "The drill clock runs."


def test_it_jumps_by_a_duration(tell: Tell) -> None:
    assert made(tell(PAGED), "advance", ahead="1h 30m") == ("clock.advanced", {"drill_seconds": 5400.0, "by": "Ada"})
    for written in ("", "soon", "-5m", "0m"):
        assert "1h30m" in refused(tell(PAGED), "advance", ahead=written)["ahead"] or not written


def test_a_message_has_a_sender_and_a_text(tell: Tell) -> None:
    kind, data = made(tell(PAGED), "inject", **{"from": "a customer", "text": "It is broken", "channel": "phone"})
    assert kind == "inject.delivered"
    assert data == {"from": "a customer", "to": ["responder"], "channel": "phone", "text": "It is broken"}
    assert set(refused(tell(PAGED), "inject")) == {"from", "text"}


def test_a_fault_that_is_held_can_be_ordered_once(tell: Tell) -> None:
    faults = tuple(Fault(failure_mode=name) for name in ("a", "b", "c", "d"))
    told = tell(
        (1, "fault.injected", {"fault": "a"}),
        (2, "fault.injected", {"fault": "b"}),
        (3, "fault.ordered", {"failure_mode": "c"}),
    )
    held = held_faults(Truth(faults=faults), told.events)
    assert held == ("d",)
    seat = replace(told.seat(10), held=held)
    assert steer("order", filled(failure_mode="d"), seat).data == {"failure_mode": "d", "by": "Ada"}
    with pytest.raises(Refused, match="No fault 'c' is held ready; there is: d"):
        steer("order", filled(failure_mode="c"), seat)
    assert held_faults(Truth(failure_mode="a"), told.events) == ()


def test_an_abort_needs_a_reason_and_a_tick(tell: Tell) -> None:
    assert set(refused(tell(PAGED), "abort")) == {"reason", "sure"}
    assert made(tell(PAGED), "abort", reason="real incident", sure="yes") == (
        "drill.aborted",
        {"reason": "real incident", "by": "Ada"},
    )


def test_a_note_may_mark_a_dimension(tell: Tell) -> None:
    told = tell(PAGED).ended(9)
    event = observe("note", filled(text="calm", dimension="communicate", mark="S"), told.seat(10))
    assert (event.kind, event.data) == (
        "observation.noted",
        {"by": "Ada", "dimension": "communicate", "mark": "S", "text": "calm"},
    )
    assert observe("note", filled(text="calm"), told.seat(10)).data == {"by": "Ada", "text": "calm"}
    for fields, field in [
        ({}, "text"),
        ({"text": "x", "mark": "A"}, "mark"),
        ({"text": "x", "mark": "P"}, "dimension"),
    ]:
        with pytest.raises(Refused) as error:
            observe("note", filled(**fields), told.seat(10))
        assert field in error.value.faults


def test_after_the_end_nothing_is_steered(tell: Tell) -> None:
    assert "The drill ended" in refused(tell(PAGED).ended(9), "stop")[""]


def test_an_observer_has_no_other_form(tell: Tell) -> None:
    with pytest.raises(KeyError):
        observe("stop", filled(), tell(PAGED).seat(10))
