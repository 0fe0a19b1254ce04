"""Action items, read as people write them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scoring.review.items import ActionItem, action_items, is_overdue, plain_item
from scoring.timeline import Event

WRITTEN = """1. [P0] Add configuration validation to CI/CD - @owner - Due: 2026-02-03
- [x] Page the owner
* Watch p95; see the board
nothing to add"""


def filed(parts: Any) -> Event:
    return Event(kind="review.filed", occurred_at=datetime(2026, 1, 5, tzinfo=UTC), data={"parts": parts})


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            WRITTEN,
            [
                ActionItem("Add configuration validation to CI/CD", "owner", "P0", "2026-02-03"),
                ActionItem("Page the owner", is_done=True),
                ActionItem("Watch p95; see the board"),
            ],
        ),
        (
            ["Do it - @bo", {"text": "And that", "owner": "@ann", "due_on": "2026-02-01"}, 7, {"owner": "x"}, ""],
            [ActionItem("Do it", "bo"), ActionItem("And that", "ann", due_on="2026-02-01")],
        ),
        ("nothing to add", []),
        (None, []),
        ({"text": "One thing", "priority": "P1", "done": True}, [ActionItem("One thing", "", "P1", None, True)]),
    ],
)
def test_they_are_read_as_people_write_them(told: Any, expected: list[ActionItem]) -> None:
    assert list(action_items([filed({"action_items": told}), filed("x"), filed({"timeline": "later"})])) == expected


def test_the_last_review_that_has_any_says_what_is_to_be_done() -> None:
    first, second = filed({"action_items": "- One\n- Two"}), filed({"action_items": "- Two, better"})
    assert [item.text for item in action_items([first, second])] == ["Two, better"]
    assert action_items([first, filed({"action_items": "none"})]) == ()


def test_an_item_is_written_as_it_is_read() -> None:
    for item in (ActionItem("One", "ann", "P1", "2026-02-01"), ActionItem("Two", is_done=True)):
        assert action_items([filed({"action_items": [plain_item(item)]})]) == (item,)


@pytest.mark.parametrize(
    ("due", "is_late"), [("2026-01-04", True), ("2026-01-05", False), (None, False), ("soon", False)]
)
def test_an_item_is_overdue_from_the_day_after(due: str | None, is_late: bool) -> None:
    assert is_overdue(due, datetime(2026, 1, 5, tzinfo=UTC).date()) is is_late
