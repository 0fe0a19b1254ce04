"""How far an objective was reached: people's marks, and what the ticks show."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.exercise import ActionState, Expected
from scoring.exercise.rating import MARKS, mark_by_ticks
from scoring.tabletop import Action

STATES = get_args(ActionState)


def expected(state: ActionState) -> Expected:
    action = Action(id="a", text="They do.", objective="o")
    return Expected(action=action, state=state, due_s=None, done_s=None, by="", note="", seen=None)


@pytest.mark.parametrize(
    ("states", "mark"),
    [
        ([], None),
        (["open", "waiting", "left_out", "overdue"], None),
        (["done", "open"], "P"),
        (["done", "late"], "S"),
        (["late"], "S"),
        (["done", "not_done"], "M"),
        (["done", "late", "not_done", "not_done", "not_done"], "U"),
        (["not_done"], "U"),
    ],
)
def test_ticks_show_a_mark(states: list[Any], mark: str | None) -> None:
    assert mark_by_ticks([expected(state) for state in states]) == mark


@given(st.lists(st.sampled_from(STATES)), st.data())
def test_doing_better_never_lowers_the_mark(states: list[Any], data: st.DataObject) -> None:
    better = {"not_done": "late", "late": "done"}
    places = [i for i, state in enumerate(states) if state in better]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    before = mark_by_ticks([expected(state) for state in states])
    states[place] = better[states[place]]
    after = mark_by_ticks([expected(state) for state in states])
    assert before is not None
    assert after is not None
    assert MARKS.index(after) <= MARKS.index(before)


def test_the_facilitators_mark_decides_else_the_lowest_of_the_observers(table: Any) -> None:
    def note(by: str, mark: str, source: str = "observer") -> None:
        event = table.told("observation.noted", by=by, objective="mend", mark=mark, text=f"{by} says {mark}")
        table.events[-1] = event.model_copy(update={"source": source})

    reached = lambda: next(each for each in table.exercise.objectives if each.objective.id == "mend")  # noqa: E731
    assert (reached().mark, reached().ratings) == (None, ())
    note("Ada", "P")
    note("Bob", "M")
    note("Bob", "S")
    assert reached().mark == "S"
    assert [(each.by, each.mark, len(each.texts)) for each in reached().ratings] == [("Ada", "P", 1), ("Bob", "S", 2)]
    note("Ada", "U")
    assert reached().mark == "U"
    note("Grace", "P", "facilitator")
    note("Bob", "U")
    assert reached().mark == "P"
    note("Ada", "excellent")
    assert [each.mark for each in reached().ratings] == ["U", "U", "P"]
