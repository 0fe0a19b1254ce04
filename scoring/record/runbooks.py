"""The runbooks that a drill carries, in the order in which they were given.

They are no part of the proven record: nothing that is scored depends on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select

from scoring.desk.runbooks import Runbook
from scoring.errors import ScoringError
from scoring.record.errors import NoSuchDrill
from scoring.record.tables import DRILL, RUNBOOK
from scoring.record.transactions import reading, writing
from scoring.record.writes import lock_drill


class NoSuchRunbook(ScoringError):
    """A drill has no runbook of that number."""


@dataclass(frozen=True)
class Shelved:
    """A runbook of a drill by its number there, which counts from 1."""

    number: int
    address: str
    title: str


class Runbooks:
    """The runbooks of a record. Safe to call from threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, drill_id: str, books: Sequence[Runbook]) -> None:
        """Keep a drill's runbooks, in the place of those that it had. Raises NoSuchDrill."""
        rows = [
            {"drill_id": drill_id, "number": number, "address": each.address, "title": each.title, "text": each.text}
            for number, each in enumerate(books, start=1)
        ]
        with writing(self._engine) as connection:
            lock_drill(connection, drill_id)
            connection.execute(delete(RUNBOOK).where(RUNBOOK.c.drill_id == drill_id))
            if rows:
                connection.execute(insert(RUNBOOK), rows)

    def shelf(self, drill_id: str) -> list[Shelved]:
        """What runbooks a drill has, by number. Raises NoSuchDrill."""
        columns = (RUNBOOK.c.number, RUNBOOK.c.address, RUNBOOK.c.title)
        chosen = select(*columns).where(RUNBOOK.c.drill_id == drill_id).order_by(RUNBOOK.c.number)
        with reading(self._engine) as connection:
            found = [Shelved(*row) for row in connection.execute(chosen)]
            if not found:
                _need_drill(connection, drill_id)
            return found

    def read(self, drill_id: str, number: int) -> Runbook:
        """One of them. Raises NoSuchDrill and NoSuchRunbook."""
        chosen = select(RUNBOOK.c.address, RUNBOOK.c.text).where(
            RUNBOOK.c.drill_id == drill_id, RUNBOOK.c.number == number
        )
        with reading(self._engine) as connection:
            row = connection.execute(chosen).first()
            if row is None:
                _need_drill(connection, drill_id)
                raise NoSuchRunbook(f"drill '{drill_id}' has no runbook {number}")
        return Runbook(address=row.address, text=row.text)

    def all(self, drill_id: str) -> list[Runbook]:
        """All of a drill's runbooks, by number."""
        chosen = select(RUNBOOK.c.address, RUNBOOK.c.text).where(RUNBOOK.c.drill_id == drill_id)
        with reading(self._engine) as connection:
            rows = connection.execute(chosen.order_by(RUNBOOK.c.number))
            return [Runbook(address=row.address, text=row.text) for row in rows]


def _need_drill(connection: Connection, drill_id: str) -> None:
    if connection.execute(select(DRILL.c.id).where(DRILL.c.id == drill_id)).first() is None:
        raise NoSuchDrill(f"there is no drill '{drill_id}'")
