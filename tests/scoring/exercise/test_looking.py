"""How an exercise stands, by what was revealed, ticked and said, and at which time of the scenario."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.api.withheld import shown_while_running
from scoring.desk.forms import Refused
from scoring.exercise.looking import look
from scoring.exercise.room import enter
from scoring.timeline import Event

INJECTS = ("first-page", "sessions", "a-reminder", "orders-again")
ACTIONS = ("take-it", "name-it", "stop-it")


def test_before_it_begins_no_time_passes(new_table: Callable[[], Any]) -> None:
    table = new_table()
    table.wait(30)
    exercise = table.exercise
    assert (exercise.elapsed_s, exercise.has_begun) == (0, False)
    assert exercise.stopped is not None
    assert exercise.next.inject.id == "first-page"
    assert [each.state for each in exercise.injects] == ["due", "ahead", "ahead", "held"]


def test_injects_fall_due_as_time_passes_and_the_next_is_the_first_that_is_not_held(table: Any) -> None:
    table.wait(12)
    assert [table.inject(name).state for name in INJECTS] == ["due", "due", "ahead", "held"]
    table.does("reveal", inject="first-page")
    assert table.inject("first-page").delivered_s == 12 * 60
    assert table.exercise.next.inject.id == "sessions"
    for name in ("sessions", "a-reminder"):
        table.does("reveal", inject=name)
    assert table.exercise.next is None
    table.does("tick", expected="stop-it")
    assert table.exercise.next.inject.id == "orders-again"


def test_a_limit_runs_from_when_the_inject_came_and_not_from_when_it_was_planned(table: Any) -> None:
    table.wait(3)
    table.does("reveal", inject="first-page")
    assert table.action("take-it").due_s == 8 * 60
    table.wait(5)
    assert table.action("take-it").state == "open"
    table.wait(0.1)
    assert table.action("take-it").state == "overdue"
    assert table.action("name-it").state == "open"
    table.does("tick", expected="take-it")
    table.does("tick", expected="name-it", when="0:08")
    assert [table.action(name).state for name in ("take-it", "name-it")] == ["late", "done"]


def test_a_limit_does_not_run_while_the_clock_stands(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.wait(4)
    table.does("stop")
    table.wait(60)
    assert (table.action("take-it").state, table.exercise.elapsed_s) == ("open", 240)
    table.does("start")
    table.wait(2)
    assert table.action("take-it").state == "overdue"


def test_what_is_done_before_it_was_asked_for_is_done(table: Any) -> None:
    table.does("tick", expected="stop-it")
    assert (table.action("stop-it").state, table.inject("a-reminder").state) == ("done", "left_out")
    assert table.action("take-it").state == "waiting"


def test_the_last_word_on_a_tick_stands(table: Any) -> None:
    table.does("reveal", inject="first-page")
    for form, state in (("tick", "done"), ("undo", "not_done"), ("tick", "done")):
        table.does(form, expected="take-it", who="Ada", note=form)
        assert (table.action("take-it").state, table.action("take-it").note) == (state, form)


def test_what_the_room_did_is_shown_beside_what_was_expected_until_it_is_ticked(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.wait(1)
    table.says("acknowledge", who="Ada")
    table.wait(1)
    table.says("declare", severity="SEV-2")
    assert table.action("take-it").seen.at_s == 60
    assert table.action("name-it").seen is None
    table.says("declare", severity="SEV-1", as_="reclassify")
    assert table.action("name-it").seen.at_s == 120
    [tick] = table.does("tick", expected="take-it", as_seen=table.action("take-it").seen.event)
    assert (table.action("take-it").done_s, table.action("take-it").seen) == (60, None)
    with pytest.raises(Refused, match="ticked for something else"):
        table.does("tick", expected="name-it", as_seen=tick.data["event"])


def test_at_the_end_what_is_open_was_not_done_and_what_never_came_was_left_out(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.does("tick", expected="take-it")
    table.wait(1)
    table.does("end", sure="yes")
    table.wait(100)
    assert [table.action(name).state for name in ACTIONS] == ["done", "not_done", "left_out"]
    assert [table.inject(name).state for name in INJECTS] == ["delivered", "left_out", "left_out", "left_out"]
    assert (table.exercise.is_over, table.exercise.elapsed_s, table.exercise.next) == (True, 60, None)
    with pytest.raises(Refused, match="The exercise ended"):
        table.does("reveal", inject="sessions")
    table.does("note", text="a good room")


def test_the_room_is_given_what_was_revealed_newest_first_and_told_whom_it_is_for(table: Any) -> None:
    table.does("reveal", inject="first-page")
    table.wait(1)
    table.does("reveal", inject="sessions", jump="yes")
    room = table.room(seat=2)
    assert [(each.title, each.number, each.at_s) for each in room.injects] == [
        ("What the database shows", 2, 600),
        ("Errors", 1, 0),
    ]
    assert [each.is_to_seat for each in room.injects] == [False, True]
    assert [each.is_to_seat for each in table.room(seat=1).injects] == [True, True]
    assert (table.room(seat=1).knows, room.knows, table.room().knows) == ("The job runs at nine.", "", "")


def test_of_a_wrong_seat_nothing_is_known(table: Any) -> None:
    assert table.room(seat=7).seat is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0, 15)),
        st.tuples(st.sampled_from(["reveal", "jump"]), st.sampled_from(INJECTS)),
        st.tuples(st.sampled_from(["tick", "undo"]), st.sampled_from(ACTIONS)),
        st.tuples(st.sampled_from(["start", "stop", "advance", "acknowledge", "declare", "note"]), st.none()),
    ),
    max_size=25,
)


def play(table: Any, steps: list[tuple[str, Any]]) -> None:
    """Each step, where it is not refused."""
    forms = {
        "reveal": ("does", "reveal", "inject", {}),
        "jump": ("does", "reveal", "inject", {"jump": "yes", "anyway": "yes"}),
        "tick": ("does", "tick", "expected", {}),
        "undo": ("does", "undo", "expected", {}),
        "start": ("does", "start", "", {}),
        "stop": ("does", "stop", "", {}),
        "advance": ("does", "advance", "", {"ahead": "3m"}),
        "acknowledge": ("says", "acknowledge", "", {"who": "Ada"}),
        "declare": ("says", "declare", "", {"severity": "SEV-1"}),
        "note": ("does", "note", "", {"objective": "mend", "mark": "S"}),
    }
    for what, subject in steps:
        if what == "wait":
            table.wait(subject)
            continue
        who, form, field, more = forms[what]
        with suppress(Refused):
            getattr(table, who)(form, **({field: subject} if field else {}), **more)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_is_done_record_and_state_agree(steps: list[tuple[str, Any]], new_table: Callable[[], Any]) -> None:
    table = new_table()
    before_s = 0.0
    for step in steps:
        play(table, [step])
        assert table.exercise.elapsed_s >= before_s
        before_s = table.exercise.elapsed_s
    exercise = table.exercise
    delivered = {event.data["id"] for event in table.events if event.kind == "inject.delivered"}
    assert {each.inject.id for each in exercise.injects if each.state == "delivered"} == delivered
    ticks = {event.data["action"]: event.data["met"] for event in table.events if event.kind == "inject.answered"}
    for name in ACTIONS:
        one = table.action(name)
        assert (one.done_s is not None) == ticks.get(name, False)
        assert (one.state in ("done", "late")) == (one.done_s is not None)
        assert one.done_s is None or 0 <= one.done_s <= exercise.elapsed_s + 0.001
    keys = [event.key for event in table.events]
    assert len(set(keys)) == len(keys)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_a_restart_and_another_machine_go_on_where_it_was(
    steps: list[tuple[str, Any]], new_table: Callable[[], Any]
) -> None:
    table = new_table()
    play(table, steps)
    read_again = [Event.model_validate_json(event.model_dump_json()) for event in table.events]
    scenario, book = table.prepared.scenario, table.prepared.playbook
    later = table.now + timedelta(minutes=1)
    assert look(scenario, book, table.drill, read_again, later) == look(
        scenario, book, table.drill, table.events, later
    )


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_the_room_is_made_of_what_it_may_know_and_nothing_else(
    steps: list[tuple[str, Any]], new_table: Callable[[], Any]
) -> None:
    table = new_table()
    play(table, steps)
    public = [shown for event in table.events if (shown := shown_while_running(event)) is not None]
    scenario, book = table.prepared.scenario, table.prepared.playbook
    room = enter(scenario, book, table.drill, public, table.now, 2)
    assert room == table.room(seat=2)
    told = room.model_dump_json() + "".join(event.model_dump_json() for event in public)
    revealed = {each.inject.id for each in table.exercise.injects if each.state == "delivered"}
    hidden = [each for each in scenario.injects if each.id not in revealed]
    assert not [each.text for each in hidden if each.text in told]
    assert not [action.text for _, action in scenario.actions() if action.text in told]
    assert not [action.id for _, action in scenario.actions() if action.id in told]
    for secret in (scenario.summary, "Ask who has it.", scenario.truth.failure_mode, "The job runs at nine."):
        assert secret not in told
