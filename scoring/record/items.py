"""Action items on record: what reviews ask for, until somebody closes it, and asked about in the next drill."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, insert, select, update

from scoring.canonical import digest, write_instant
from scoring.errors import ScoringError
from scoring.record.people import id_of
from scoring.record.tables import ACTION_ITEM, RESULT
from scoring.record.transactions import reading, writing
from scoring.review.items import ActionItem, recall
from scoring.timeline import Drill


@dataclass(frozen=True)
class Item:
    """An action item on record. `closed_at` is None while it is open; `closed_by` is empty where nobody said.

    `failure_mode` and `team` are those of its drill, empty for a drill without.
    """

    id: str
    drill_id: str
    text: str
    owner: str
    priority: str
    due_on: str | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str = ""
    failure_mode: str = ""
    team: str = ""

    def asked(self, today: date) -> str:
        """The item as the next drill of the same kind asks about it."""
        return recall(self.text, self.owner, self.due_on, self.opened_at, today)


class NoSuchItem(ScoringError):
    """There is no action item of that id."""


class Items:
    """The action items of a record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(
        self,
        open: bool | None = True,  # noqa: A002 - reads as it is
        limit: int = 1000,
        *,
        failure_mode: str | None = None,
        team: str | None = None,
    ) -> list[Item]:
        """Items, what is due first at the front; only open or closed ones unless `open` is None."""
        chosen = _chosen().limit(limit)
        if open is not None:
            closed_at = ACTION_ITEM.c.closed_at
            chosen = chosen.where(closed_at.is_(None) if open else closed_at.is_not(None))
        if failure_mode is not None:
            chosen = chosen.where(RESULT.c.failure_mode == failure_mode)
        if team is not None:
            chosen = chosen.where(RESULT.c.team == id_of(team))
        with reading(self._engine) as connection:
            return [_item(row) for row in connection.execute(_in_order(chosen))]

    def from_last_time(self, drill: Drill, failure_mode: str, limit: int = 100) -> list[Item]:
        """What drills of the same failure mode and team that began before this one left open.

        It tells what is wrong in this drill, so it is for those who may know that.
        """
        chosen = (
            _chosen()
            .where(ACTION_ITEM.c.closed_at.is_(None), ACTION_ITEM.c.drill_id != drill.id)
            .where(RESULT.c.failure_mode == failure_mode, RESULT.c.team == id_of(drill.team or ""))
            .where(RESULT.c.started_at < write_instant(drill.started_at))
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_item(row) for row in connection.execute(_in_order(chosen))]

    def close(self, item_id: str, at: datetime, by: str = "") -> Item:
        """Say that an item is done; the first word stands. Raises NoSuchItem."""
        its = ACTION_ITEM.c.id == item_id
        with writing(self._engine) as connection:
            still_open = update(ACTION_ITEM).where(its, ACTION_ITEM.c.closed_at.is_(None))
            connection.execute(still_open.values(closed_at=write_instant(at), closed_by=by))
            return _only(connection, item_id)

    def reopen(self, item_id: str) -> Item:
        """Say that an item is not done after all. Raises NoSuchItem."""
        with writing(self._engine) as connection:
            its = update(ACTION_ITEM).where(ACTION_ITEM.c.id == item_id)
            connection.execute(its.values(closed_at=None, closed_by=""))
            return _only(connection, item_id)


def keep_items(connection: Connection, drill: Drill, items: Iterable[ActionItem]) -> None:
    """Take in what a drill's review asks for as it was filed last.

    An open item has the owner, priority and date of then, and is gone if it is no longer asked for; what was closed
    stays closed.
    """
    opened_at = write_instant(drill.ended_at or datetime.now(UTC))
    before = {row.id: row.closed_at for row in connection.execute(_of(drill.id))}
    asked = {digest(drill.id.encode(), b"\0", item.text.encode())[:16]: item for item in items}
    for item_id, item in asked.items():
        told: dict[str, Any] = {"owner": item.owner, "priority": item.priority, "due_on": item.due_on}
        closed_at = opened_at if item.is_done else None
        if item_id not in before:
            row = {"id": item_id, "drill_id": drill.id, "text": item.text, "opened_at": opened_at, "closed_by": ""}
            connection.execute(insert(ACTION_ITEM).values(closed_at=closed_at, **row, **told))
        elif before[item_id] is None:
            its = ACTION_ITEM.c.id == item_id
            connection.execute(update(ACTION_ITEM).where(its).values(closed_at=closed_at, **told))
    withdrawn = [item_id for item_id, closed_at in before.items() if closed_at is None and item_id not in asked]
    connection.execute(delete(ACTION_ITEM).where(ACTION_ITEM.c.id.in_(withdrawn)))


def _of(drill_id: str) -> Select[Any]:
    return select(ACTION_ITEM.c.id, ACTION_ITEM.c.closed_at).where(ACTION_ITEM.c.drill_id == drill_id)


def _chosen() -> Select[Any]:
    of_drill = ACTION_ITEM.outerjoin(RESULT, RESULT.c.drill_id == ACTION_ITEM.c.drill_id)
    return select(ACTION_ITEM, RESULT.c.failure_mode, RESULT.c.team).select_from(of_drill)


def _in_order(chosen: Select[Any]) -> Select[Any]:
    return chosen.order_by(
        ACTION_ITEM.c.due_on.is_(None), ACTION_ITEM.c.due_on, ACTION_ITEM.c.opened_at, ACTION_ITEM.c.id
    )


def _only(connection: Connection, item_id: str) -> Item:
    row = connection.execute(_chosen().where(ACTION_ITEM.c.id == item_id)).first()
    if row is None:
        raise NoSuchItem(f"there is no action item '{item_id}'")
    return _item(row)


def _item(row: Row[Any]) -> Item:
    told = {name: value or "" for name, value in row._mapping.items() if name in ("failure_mode", "team")}
    instants = {"opened_at": row.opened_at, "closed_at": row.closed_at}
    read = {name: datetime.fromisoformat(text) if text else None for name, text in instants.items()}
    return Item(**{**row._mapping, **told, **read})
