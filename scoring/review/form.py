"""The review as a form: what its fields hold, and what was filled in as it is filed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from scoring.desk.forms import Form
from scoring.review import ITEMS, Part, Review
from scoring.review.items import ActionItem, action_items, plain_item
from scoring.review.kinds import kind_of
from scoring.timeline import Event

Fields = dict[str, list[str]]
"""Values by the name of a field, as a form sends them."""

PRIORITIES = ("P0", "P1", "P2", "P3", "P4")
MOST_CHARACTERS = 30_000
"""Of one field; a timeline is long."""
MOST_ITEMS = 40
NO_ITEMS = "no_items"
_PART, _ITEM = "part.", "item."
_FIELDS = ("text", "owner", "priority", "due_on")


def part_field(part_id: str) -> str:
    """The name of a part's field."""
    return f"{_PART}{part_id}"


def fields_of(review: Review) -> Fields:
    """What the fields of a review hold."""
    fields = {part_field(part.id): [part.text] for part in review.parts}
    return fields | _item_fields(review.items)


def filed_fields(review: Review, filed: Sequence[Event]) -> Fields:
    """What the fields hold of a review that was filed, in one go or in several; parts that it lacks are blank."""
    said: dict[str, Any] = {}
    for event in filed:
        parts = event.data.get("parts")
        said |= parts if isinstance(parts, dict) else {}
    fields = {part_field(part.id): [_text(said.get(part.id))] for part in review.parts}
    items = action_items(filed)
    if ITEMS in said and not items:
        fields[NO_ITEMS] = ["on"]
    return fields | _item_fields(items)


def filled_in(review: Review, fields: Mapping[str, Sequence[str]]) -> Review:
    """The review with what stands in the fields."""

    def value(name: str) -> str:
        return next(iter(fields.get(name, [])), "")

    parts = tuple(Part(part.id, part.title, part.asks, value(part_field(part.id))) for part in review.parts)
    items = [[value(f"{_ITEM}{number}.{field}") for field in _FIELDS] for number in row_numbers(fields)]
    written = tuple(
        ActionItem(text, owner, priority, due_on or None) for text, owner, priority, due_on in items if text
    )
    return Review(review.drill, parts, written, review.wants_items, review.due)


def row_numbers(names: Mapping[str, Any]) -> list[int]:
    """The numbers of the rows of action items, in order."""
    found = {name.split(".")[1] for name in names if name.startswith(_ITEM) and name.count(".") == 2}
    return sorted(int(number) for number in found if number.isascii() and number.isdigit() and len(number) < 5)


def read_review(form: Form, review: Review) -> dict[str, Any]:
    """The parts as they are filed. Blank ones are left out; an item needs a text, and a date that can be read.

    Raises Refused with a sentence for each field that cannot be filed.
    """
    parts: dict[str, Any] = {}
    for part in review.parts:
        if text := form.text(part_field(part.id)):
            parts[part.id] = text
    items: dict[str, ActionItem] = {}
    for number in row_numbers(dict.fromkeys(form.named(_ITEM))):
        item = _item(form, number)
        if item is not None and item.text in items:
            form.fault(f"{_ITEM}{number}.text", "This is there already; say what is different about it.")
        elif item is not None:
            items[item.text] = item
    if items:
        parts[ITEMS] = [plain_item(item) for item in items.values()]
    elif form.has(NO_ITEMS):
        parts[ITEMS] = "none"
    if not parts:
        first = review.parts[0].id if review.parts else ITEMS
        form.fault(part_field(first), "Write at least one part.")
    form.check()
    return parts


def blank_parts(review: Review) -> tuple[str, ...]:
    """Titles of what the playbook asks for and nobody wrote yet."""
    blank = [part.title for part in review.parts if not part.text.strip()]
    return (*blank, kind_of(ITEMS).title) if review.wants_items and not review.items else tuple(blank)


def _item_fields(items: Sequence[ActionItem]) -> Fields:
    fields: Fields = {}
    for number, item in enumerate(items):
        values = (item.text, item.owner, item.priority, item.due_on or "")
        fields |= {f"{_ITEM}{number}.{field}": [value] for field, value in zip(_FIELDS, values, strict=True)}
    return fields


def _item(form: Form, number: int) -> ActionItem | None:
    name = f"{_ITEM}{number}."
    text, owner, priority, due_on = (form.text(f"{name}{field}") for field in _FIELDS)
    if not text:
        if owner or due_on:
            form.fault(f"{name}text", "Say what is to be done, or clear the owner and the date.")
        return None
    if priority and priority not in PRIORITIES:
        form.fault(f"{name}priority", f"There is no priority '{priority[:40]}'; P0 is the most urgent, P4 the least.")
    if due_on and not _is_date(due_on):
        form.fault(f"{name}due_on", f"'{due_on[:40]}' is no date; write it as 2026-01-31.")
    return ActionItem(" ".join(text.split()), owner.lstrip("@"), priority, due_on or None)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _text(said: Any) -> str:
    """A part as a text, also where somebody filed a list of lines."""
    if isinstance(said, list):
        return "\n".join(f"- {line}" for line in said if isinstance(line, str))
    return said if isinstance(said, str) else ""
