"""What a tick puts on the timeline, and how one is refused."""

from typing import Any

import pytest

from scoring.desk.forms import Refused


def test_a_tick_is_the_facilitators_and_what_it_stands_for_the_rooms(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.wait(2)
    tick, done = table.does("tick", expected="take-it", who="Ada", text="I have it", note="at once")
    assert (tick.kind, tick.source) == ("inject.answered", "facilitator")
    assert tick.data == {
        "inject": "first-page",
        "action": "take-it",
        "text": "Somebody has it.",
        "event": done.name,
        "by": "Ada",
        "note": "at once",
        "ticked_by": "Grace",
        "met": True,
    }
    assert (done.kind, done.source, done.data) == ("incident.acknowledged", "room", {"who": "Ada", "text": "I have it"})
    assert tick.occurred_at == done.occurred_at == table.now


def test_an_action_for_evaluators_alone_puts_nothing_else_there(table: Any) -> None:
    [tick] = table.does("tick", expected="stop-it")
    assert "event" not in tick.data


def test_a_severity_after_the_first_reclassifies(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.says("declare", severity="SEV-2")
    _, done = table.does("tick", expected="name-it")
    assert (done.kind, done.data["severity"]) == ("incident.reclassified", "SEV-1")


def test_a_tick_can_be_dated_back_to_a_time_at_which_the_clock_was(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.wait(4)
    tick, _ = table.does("tick", expected="take-it", when="0:03")
    assert table.action("take-it").done_s == 180
    assert (table.now - tick.occurred_at).total_seconds() == 60
    table.does("advance", ahead="20m")
    for when, said in (("0:10", "jumped over 0:10, to 0:24"), ("0:25", "still to come"), ("noon", "such as 0:25")):
        with pytest.raises(Refused, match=said) as refused:
            table.does("tick", expected="name-it", when=when)
        assert set(refused.value.faults) == {"when"}


@pytest.mark.parametrize(
    ("form", "fields", "field"),
    [
        ("tick", {}, "expected"),
        ("tick", {"expected": "tke-it"}, "expected"),
        ("undo", {"expected": "nothing"}, "expected"),
        ("reveal", {"inject": "nothing"}, "inject"),
        ("reveal", {"inject": "orders-again"}, "anyway"),
        ("advance", {"ahead": "soon"}, "ahead"),
        ("advance", {"to": "0:00"}, "to"),
        ("inject", {"from_": "a manager"}, "text"),
        ("inject", {"from_": "a manager", "text": "x", "to": "cook"}, "to"),
        ("note", {}, "text"),
        ("note", {"mark": "P"}, "objective"),
        ("note", {"objective": "mend", "mark": "Q"}, "mark"),
        ("note", {"text": "x", "sort": "praise"}, "sort"),
        ("end", {}, "sure"),
        ("start", {}, ""),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(form: str, fields: dict[str, str], field: str, table: Any) -> None:
    written = len(table.events)
    with pytest.raises(Refused) as refused:
        table.does(form, **fields)
    assert list(refused.value.faults) == [field]
    assert len(table.events) == written


def test_nothing_is_left_to_move_on_to_once_all_is_revealed(table: Any) -> None:
    for name in ("first-page", "sessions", "a-reminder", "orders-again"):
        table.does("reveal", inject=name, anyway="yes")
    with pytest.raises(Refused, match="No inject is left"):
        table.does("advance")
