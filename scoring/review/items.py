"""Action items: read out of reviews as people write them, and said again in the next drill of the same kind."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from scoring.timeline import Event

_NOTHING = frozenset({"", "none", "nothing", "nothing to add", "-", "n/a"})
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_DONE = re.compile(r"\[([ xX])\]\s*")
_PRIORITY = re.compile(r"\[?\b(P[0-4])\b\]?:?\s*")
_OWNER = re.compile(r"(?<![\w.])@([\w.-]*\w)")
_DUE = re.compile(r"\bdue(?: date)?:?\s*(\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)


@dataclass(frozen=True)
class ActionItem:
    """Something to be done. `owner`, `priority` (P0 is the most urgent) and `due_on` (a date) are told by few."""

    text: str
    owner: str = ""
    priority: str = ""
    due_on: str | None = None
    is_done: bool = False


def action_items(events: Iterable[Event]) -> tuple[ActionItem, ...]:
    """What the last review among the events that has a part `action_items` asks for there, each once, in its order.

    The part is a text with a line per item, as `1. [P0] Validate the configuration - @owner - Due: 2026-01-09`, or a
    list of such lines or of objects with `text`, `owner`, `priority` and `due_on`. What an earlier review asked for and
    the last one does not was withdrawn.
    """
    told: Any = None
    for event in events:
        parts = event.data.get("parts")
        if event.kind == "review.filed" and isinstance(parts, dict) and "action_items" in parts:
            told = parts["action_items"]
    return tuple({item.text: item for item in _items(told)}.values())


def plain_item(item: ActionItem) -> dict[str, Any]:
    """An item as a filed review holds it, without what was left open."""
    told = {"text": item.text, "owner": item.owner, "priority": item.priority, "due_on": item.due_on}
    return {name: value for name, value in told.items() if value} | ({"done": True} if item.is_done else {})


def recall(text: str, owner: str, due_on: str | None, opened_at: datetime, today: date) -> str:
    """An item that is still open, as the next drill of the same kind asks about it."""
    facts = [f"open since {opened_at:%Y-%m-%d}"]
    if owner:
        facts.append(f"owner {owner}")
    if due_on:
        facts.append(f"{'overdue since' if is_overdue(due_on, today) else 'due'} {due_on}")
    return f"{text.rstrip('.')} ({', '.join(facts)})."


def is_overdue(due_on: str | None, today: date) -> bool:
    """Whether a due date has passed; what is no date never does."""
    try:
        return due_on is not None and date.fromisoformat(due_on) < today
    except ValueError:
        return False


def _items(told: Any) -> Iterable[ActionItem]:
    for each in told if isinstance(told, list) else [told]:
        if isinstance(each, dict):
            item = _item_of(each)
        elif isinstance(each, str):
            yield from (read for line in each.splitlines() if (read := _item_in(line)))
            continue
        else:
            continue
        if item is not None:
            yield item


def _item_of(told: dict[str, Any]) -> ActionItem | None:
    names = ("text", "owner", "priority", "due_on")
    text, owner, priority, due_on = (value.strip() if isinstance(value := told.get(n), str) else "" for n in names)
    return ActionItem(text, owner.lstrip("@"), priority, due_on or None, told.get("done") is True) if text else None


def _item_in(line: str) -> ActionItem | None:
    rest = _BULLET.sub("", line)
    done = _DONE.match(rest)
    if done is not None:
        rest = rest[done.end() :]
    priority, owner, due = (pattern.search(rest) for pattern in (_PRIORITY, _OWNER, _DUE))
    for found in (priority, owner, due):
        if found is not None:
            rest = rest.replace(found.group(0), " ", 1)
    text = re.sub(r"(\s+[-;,])+\s*$", "", " ".join(rest.split())).strip()
    if text.casefold() in _NOTHING:
        return None
    return ActionItem(
        text,
        owner.group(1) if owner else "",
        priority.group(1) if priority else "",
        due.group(1) if due else None,
        done is not None and done.group(1) != " ",
    )
