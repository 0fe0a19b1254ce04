"""Reviews that somebody has begun and not filed: the latest version of each, so that nobody writes over another unseen.

They are no part of the proven record, which has only what was filed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, insert, select, update

from scoring.canonical import write_instant
from scoring.errors import ScoringError
from scoring.record.errors import Conflict
from scoring.record.tables import REVIEW_DRAFT
from scoring.record.transactions import reading, writing

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Draft:
    """A review as it was saved last: what its form holds, its version (1 is the first), by whom and when."""

    drill_id: str
    version: int
    fields: Fields
    saved_by: str
    saved_at: datetime


class SavedMeanwhile(ScoringError):
    """Somebody else saved since; `draft` is what they saved."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(f"{draft.saved_by} saved this review meanwhile, at {draft.saved_at:%H:%M:%S} UTC")
        self.draft = draft


class Drafts:
    """The drafts of a record. Safe to call from threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, drill_id: str) -> Draft | None:
        """The draft of a drill's review, if there is one."""
        with reading(self._engine) as connection:
            return _read(connection, drill_id)

    def all(self) -> list[Draft]:
        """Every draft."""
        with reading(self._engine) as connection:
            return [_draft(row) for row in connection.execute(select(REVIEW_DRAFT).order_by(REVIEW_DRAFT.c.drill_id))]

    def save(self, drill_id: str, fields: Fields, by: str, at: datetime, version: int) -> Draft:
        """Save a draft over `version`, 0 for none; raises SavedMeanwhile if that is no longer the latest.

        The same again, as by a button that was pressed twice, is answered as it was then.
        """
        draft = Draft(drill_id, version + 1, fields, by, at)
        try:
            return self._save(draft)
        except Conflict:  # two who save a first draft at once meet here on PostgreSQL
            return self._save(draft)

    def take_over(self, draft: Draft) -> None:
        """Keep a draft of another record, as it was, unless a later one is here."""
        with writing(self._engine) as connection:
            there = _read(connection, draft.drill_id, locks=True)
            if there is None or there.saved_at < draft.saved_at:
                _put(connection, draft, is_new=there is None)

    def _save(self, draft: Draft) -> Draft:
        with writing(self._engine) as connection:
            there = _read(connection, draft.drill_id, locks=True)
            if there is not None and _says_the_same(there, draft):
                return there
            if there is not None and there.version != draft.version - 1:
                raise SavedMeanwhile(there)
            _put(connection, draft, is_new=there is None)
        return draft


def _says_the_same(there: Draft, draft: Draft) -> bool:
    return there.saved_by == draft.saved_by and _plain(there.fields) == _plain(draft.fields)


def _plain(fields: Fields) -> dict[str, list[str]]:
    return {name: list(values) for name, values in fields.items()}


def _read(connection: Connection, drill_id: str, *, locks: bool = False) -> Draft | None:
    chosen = select(REVIEW_DRAFT).where(REVIEW_DRAFT.c.drill_id == drill_id)
    row = connection.execute(chosen.with_for_update() if locks else chosen).first()
    return _draft(row) if row is not None else None


def _put(connection: Connection, draft: Draft, *, is_new: bool) -> None:
    values = {
        "version": draft.version,
        "form": orjson.dumps(_plain(draft.fields)).decode(),
        "saved_by": draft.saved_by,
        "saved_at": write_instant(draft.saved_at),
    }
    if is_new:
        connection.execute(insert(REVIEW_DRAFT).values(drill_id=draft.drill_id, **values))
    else:
        connection.execute(update(REVIEW_DRAFT).where(REVIEW_DRAFT.c.drill_id == draft.drill_id).values(**values))


def _draft(row: Row[Any]) -> Draft:
    saved_at = datetime.fromisoformat(row.saved_at)
    return Draft(row.drill_id, row.version, orjson.loads(row.form), row.saved_by, saved_at)
