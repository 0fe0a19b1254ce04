"""The review as it is filed: a text for each part of the playbook, and action items with owner and due date."""

from datetime import date
from typing import Any

from scoring.desk.forms import Filled, Form, Seat, said

ITEMS = "action_items"
"""The part that holds what is left to do."""
PRIORITIES = ("P0", "P1", "P2", "P3", "P4")
_PART, _ITEM = "part.", "item."


def parts_of(seat_parts: tuple[str, ...]) -> tuple[str, ...]:
    """The parts that are written as text; action items have fields of their own."""
    return tuple(part for part in seat_parts if part != ITEMS)


def file_review(form: Form, seat: Seat) -> Filled:
    """`review.filed`. Parts that were left blank are left out; an item needs a text, and a date that can be read."""
    wanted = seat.playbook.review.parts.value
    parts: dict[str, Any] = {part: text for part in parts_of(wanted) if (text := form.text(f"{_PART}{part}"))}
    items = [item for number in _numbers(form) if (item := _item(form, number))]
    if items:
        parts[ITEMS] = items
    elif ITEMS in wanted and form.has("no_items"):
        parts[ITEMS] = "none"
    if not parts:
        form.fault(f"{_PART}{parts_of(wanted)[0]}" if parts_of(wanted) else "", "Write at least one part.")
    return Filled("review.filed", {"parts": parts, "by": seat.who})


def _numbers(form: Form) -> list[str]:
    """The numbers of the rows of action items, in order."""
    found = {name.split(".")[1] for name in form.named(_ITEM) if name.count(".") == 2}
    return sorted((number for number in found if number.isascii() and number.isdigit()), key=int)


def _item(form: Form, number: str) -> dict[str, Any]:
    text, owner, priority, due_on = (
        form.text(f"{_ITEM}{number}.{field}") for field in ("text", "owner", "priority", "due_on")
    )
    if not text:
        if owner or due_on:
            form.fault(f"{_ITEM}{number}.text", "Say what is to be done, or clear the owner and the date.")
        return {}
    if priority and priority not in PRIORITIES:
        form.fault(
            f"{_ITEM}{number}.priority", f"There is no priority '{priority[:40]}'; P0 is the most urgent, P4 the least."
        )
    if due_on:
        try:
            due_on = date.fromisoformat(due_on).isoformat()
        except ValueError:
            form.fault(f"{_ITEM}{number}.due_on", f"'{due_on[:40]}' is no date; write it as 2026-01-31.")
    return said(text=text, owner=owner.lstrip("@"), priority=priority, due_on=due_on)
