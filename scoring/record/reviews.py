"""Action items, read out of reviews as people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
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
    """What the reviews among the events ask for in their part `action_items`, each once, in their order.

    The part is a text with a line per item, as `1. [P0] Validate the configuration - @owner - Due: 2026-01-09`, or a
    list of such lines or of objects with `text`, `owner`, `priority` and `due_on`.
    """
    found: dict[str, ActionItem] = {}
    for event in events:
        parts = event.data.get("parts")
        if event.kind == "review.filed" and isinstance(parts, dict):
            for item in _items(parts.get("action_items")):
                found[item.text] = item
    return tuple(found.values())


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
