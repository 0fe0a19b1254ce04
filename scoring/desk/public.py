"""What customers get to see of an incident: the updates that were posted to where they listen."""

from dataclasses import dataclass
from datetime import datetime

from scoring.desk import Posted
from scoring.playbook import Playbook
from scoring.scorecard.finding import plain

_CUSTOMERS = frozenset({"customers", "users", "public"})
_THEIR_CHANNELS = frozenset({"status page"})


@dataclass(frozen=True)
class Notice:
    """An update on the status page. `next_at` is when the next one was promised, where that can be read."""

    at: datetime
    status: str
    text: str
    next_step: str
    next_at: datetime | None
    is_closing: bool


def notices(updates: tuple[Posted, ...], playbook: Playbook) -> list[Notice]:
    """The updates for customers, in the order given."""
    theirs = {plain(each.id) for each in playbook.audiences if is_public(each.id, each.channel)} | _CUSTOMERS
    return [
        _notice(each)
        for each in updates
        if theirs & set(map(plain, each.audiences)) or _THEIR_CHANNELS & set(map(plain, each.channels))
    ]


def is_public(audience: str, channel: str) -> bool:
    """Whether an audience is customers, by its name or by where it listens."""
    return plain(audience) in _CUSTOMERS or plain(channel) in _THEIR_CHANNELS


def _notice(update: Posted) -> Notice:
    try:
        next_at = datetime.fromisoformat(update.next_update_at) if update.next_update_at else None
    except ValueError:
        next_at = None
    return Notice(
        at=update.at,
        status=update.status,
        text=update.impact or update.text,
        next_step=update.next_step,
        next_at=next_at,
        is_closing=update.is_closing,
    )
