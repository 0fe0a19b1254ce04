"""What is true of every row, whoever wrote it, and how many rows break it."""

from dataclasses import dataclass

from psycopg import sql

from target_app.experiment_states import STATES
from target_app.maintenance.connecting import Connection


@dataclass(frozen=True)
class Invariant:
    """A rule for the rows of a table: `broken_by` is the SQL condition of a row that breaks it.

    `resets` are the columns that a row gets anew, by their defaults, if no backup has it.
    """

    name: str
    table: str
    broken_by: sql.Composable
    resets: tuple[str, ...]


INVARIANTS = (
    Invariant(
        name="experiment_status",
        table="experiments",
        broken_by=sql.SQL("status NOT IN ({})").format(sql.SQL(", ").join(map(sql.Literal, STATES))),
        resets=("status",),
    ),
)


def violations(connection: Connection) -> dict[str, int]:
    """Rows that break each invariant, by its name."""
    return {each.name: _count(connection, each) for each in INVARIANTS}


def _count(connection: Connection, invariant: Invariant) -> int:
    query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(invariant.table), invariant.broken_by)
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(str(row[0]))
