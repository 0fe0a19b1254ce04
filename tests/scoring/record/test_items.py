"""Action items on record: they live on until somebody closes them, and the next drill of their kind asks about them."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from scoring.record.history import History
from scoring.record.items import Items, NoSuchItem
from scoring.review.items import ActionItem
from scoring.scorecard.cards import Scorecard

from .conftest import START, drill, truth

Play = Callable[..., None]
REVIEW = [ActionItem("Add a limit", "ann", "P0", "2026-02-01"), ActionItem("Write it down", is_done=True)]


@pytest.fixture
def items(engine: Engine) -> Items:
    return Items(engine)


@pytest.fixture
def play(engine: Engine, kept_card: Callable[..., Scorecard]) -> Play:
    """Keeps a drill that has ended, with what its review asks for."""

    def keep(name: str, asked: Sequence[ActionItem], *, day: int = 0, mode: str = "rate-limited", **told: Any) -> None:
        at = START + timedelta(days=day)
        ended = drill(name, started_at=at, ended_at=at + timedelta(hours=1), **told)
        History(engine).keep(ended, truth(failure_mode=mode), kept_card(name, 80.0), asked)

    return keep


def test_they_stay_open_until_somebody_closes_them(items: Items, play: Play) -> None:
    play("one", REVIEW)
    play("two", [ActionItem("Test it", due_on="2026-01-20"), ActionItem("Some day")])
    told = items.find()
    assert [(each.text, each.drill_id) for each in told] == [
        ("Test it", "two"),
        ("Add a limit", "one"),
        ("Some day", "two"),
    ]
    assert (told[1].owner, told[1].priority, told[1].opened_at) == ("ann", "P0", START + timedelta(hours=1))
    closed = items.close(told[1].id, START + timedelta(days=9), "Ann")
    assert (closed.closed_at, closed.closed_by) == (START + timedelta(days=9), "Ann")
    assert items.close(told[1].id, START + timedelta(days=10), "Bob") == closed, "the first word stands"
    play("one", REVIEW)
    assert len(items.find()) == 2
    assert {each.text for each in items.find(open=False)} == {"Add a limit", "Write it down"}
    assert len(items.find(open=None)) == 4
    assert items.reopen(closed.id).closed_at is None
    assert len(items.find()) == 3
    for change in (lambda: items.close("x", START), lambda: items.reopen("x")):
        with pytest.raises(NoSuchItem, match="no action item 'x'"):
            change()


def test_a_review_that_is_filed_again_changes_what_is_open_and_nothing_that_is_closed(items: Items, play: Play) -> None:
    play("one", [ActionItem("Add a limit", "ann"), ActionItem("Call it a day"), ActionItem("Test it")])
    [test_it] = [each for each in items.find() if each.text == "Test it"]
    items.close(test_it.id, START + timedelta(days=1), "Ann")
    play("one", [ActionItem("Add a limit", "bob", "P1", "2026-03-01"), ActionItem("Test it", "carl")])
    assert [(each.text, each.owner, each.priority, each.due_on) for each in items.find()] == [
        ("Add a limit", "bob", "P1", "2026-03-01")
    ]
    assert [(each.text, each.owner, each.closed_by) for each in items.find(open=False)] == [("Test it", "", "Ann")]
    play("one", [])
    assert items.find() == []


def test_the_next_drill_of_the_same_mode_and_team_asks_about_what_is_open(items: Items, play: Play) -> None:
    play("mine", REVIEW, team="Blue")
    play("other-team", [ActionItem("Of red")], team="red")
    play("other-mode", [ActionItem("Of names")], team="blue", mode="dns-failure")
    play("later", [ActionItem("Of tomorrow")], day=2, team="blue")
    now = drill("now", started_at=START + timedelta(days=1), team="blue")
    [asked] = items.from_last_time(now, "rate-limited")
    assert (asked.text, asked.failure_mode, asked.team) == ("Add a limit", "rate-limited", "blue")
    assert asked.asked(date(2026, 1, 20)) == "Add a limit (open since 2026-01-05, owner ann, due 2026-02-01)."
    assert "overdue since 2026-02-01" in asked.asked(date(2026, 2, 2))
    items.close(asked.id, START + timedelta(days=1))
    assert items.from_last_time(now, "rate-limited") == []
    nobody = drill("now", started_at=START + timedelta(days=1))
    assert items.from_last_time(nobody, "rate-limited") == [], "a drill without a team is of no team's"


def test_they_are_found_by_failure_mode_and_team(items: Items, play: Play) -> None:
    play("one", [ActionItem("Of blue")], team="Blue")
    play("two", [ActionItem("Of names")], mode="dns-failure")
    assert [each.text for each in items.find(failure_mode="dns-failure")] == ["Of names"]
    assert [each.text for each in items.find(team="BLUE")] == ["Of blue"]
    assert items.find(failure_mode="dns-failure", team="blue") == []
