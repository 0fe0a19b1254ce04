"""The review as a form: filled in from the draft or from what was filed, and read as it is filed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scoring.desk.forms import Form, Refused
from scoring.review import Part, Review
from scoring.review.form import (
    MOST_CHARACTERS,
    blank_parts,
    fields_of,
    filed_fields,
    filled_in,
    read_review,
    row_numbers,
)
from scoring.review.items import ActionItem
from scoring.timeline import Event

REVIEW = Review(
    drill="d",
    parts=(Part("timeline", "Timeline", "?", "- one\n- two"), Part("root_cause", "Root cause", "?", "")),
    items=(ActionItem("Bound the pool", "Ada", "P1", "2026-02-01"),),
    wants_items=True,
    due=(),
)


def sent(**fields: str) -> Form:
    return Form([(name.replace("__", "."), value) for name, value in fields.items()], MOST_CHARACTERS)


def refused(**fields: str) -> dict[str, str]:
    with pytest.raises(Refused) as told:
        read_review(sent(**fields), REVIEW)
    return told.value.faults


def filed(parts: Any) -> Event:
    return Event(kind="review.filed", occurred_at=datetime(2026, 1, 5, tzinfo=UTC), data={"parts": parts})


def test_what_the_fields_hold_is_what_the_review_says() -> None:
    assert filled_in(REVIEW, fields_of(REVIEW)) == REVIEW


def test_a_form_is_filed_as_parts_and_items() -> None:
    parts = read_review(
        sent(
            part__timeline="- one\r\n- two ",
            part__root_cause="  ",
            item__0__text="Bound\nthe pool",
            item__0__owner="@ada",
            item__0__priority="P0",
            item__0__due_on="2026-02-01",
            item__4__text="Test it",
            item__9__text="",
        ),
        REVIEW,
    )
    assert parts == {
        "timeline": "- one\n- two",
        "action_items": [
            {"text": "Bound the pool", "owner": "ada", "priority": "P0", "due_on": "2026-02-01"},
            {"text": "Test it"},
        ],
    }
    again = filled_in(REVIEW, filed_fields(REVIEW, [filed(parts)]))
    assert [item.text for item in again.items] == ["Bound the pool", "Test it"]
    assert again.text("root_cause") == ""
    assert blank_parts(again) == ("Root cause",)
    assert blank_parts(filled_in(REVIEW, {})) == ("Timeline", "Root cause", "Action items")


def test_that_nothing_is_left_to_do_is_said_on_purpose() -> None:
    assert read_review(sent(part__timeline="x"), REVIEW) == {"timeline": "x"}
    parts = read_review(sent(part__timeline="x", no_items="on"), REVIEW)
    assert parts["action_items"] == "none"
    assert filed_fields(REVIEW, [filed(parts)])["no_items"] == ["on"]


def test_reviews_in_several_goes_are_one() -> None:
    fields = filed_fields(REVIEW, [filed({"timeline": "t", "root_cause": "first"}), filed({"root_cause": "second"})])
    assert (fields["part.timeline"], fields["part.root_cause"]) == (["t"], ["second"])
    assert filed_fields(REVIEW, [filed({"timeline": ["a", "b"]})])["part.timeline"] == ["- a\n- b"]


def test_what_cannot_be_filed_is_named_beside_its_field() -> None:
    assert refused() == {"part.timeline": "Write at least one part."}
    assert "Say what is to be done" in refused(part__timeline="x", item__0__owner="Ada")["item.0.text"]
    assert "'soon' is no date" in refused(item__0__text="x", item__0__due_on="soon")["item.0.due_on"]
    assert "'20260201' is no date" in refused(item__0__text="x", item__0__due_on="20260201")["item.0.due_on"]
    assert "no priority 'urgent'" in refused(item__0__text="x", item__0__priority="urgent")["item.0.priority"]
    assert "there already" in refused(item__0__text="x", item__1__text="x")["item.1.text"]
    assert "30,001 characters" in refused(part__timeline="x" * 30_001)["part.timeline"]


def test_rows_are_numbered_whatever_is_sent() -> None:
    names = ("item.2.text", "item.0.owner", "item.x.text", "item.1", "item.99999.text", "item.-1.text", "item.٣.text")
    assert row_numbers(dict.fromkeys(names)) == [0, 2]
