"""Backups of the data: a script for psql in one file, written whole or not at all, and the way back from it.

Damaged data are not backed up, so the newest backup is a good one.
"""

import gzip
import logging
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql

from target_app.maintenance.connecting import Connection
from target_app.maintenance.invariants import INVARIANTS, Invariant, violations

logger = logging.getLogger("target_app.backups")

_PATTERN = "research-*.sql.gz"
_COLUMNS = """
    SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
    JOIN pg_tables ON tablename = table_name AND schemaname = table_schema
    WHERE table_schema = 'public' AND tableowner = current_user GROUP BY table_name ORDER BY table_name
"""


class DataDamaged(Exception):
    """Rows break an invariant; the message counts them."""


class NoBackup(Exception):
    """There is none to restore from."""


def back_up(connection: Connection, folder: Path, kept: int, now: datetime) -> Path:
    """Write every table that is ours as it is at one instant, and remove all but the newest `kept` backups.

    Raises `DataDamaged`, and then writes and removes nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"research-{now.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z.sql.gz"
    draft = folder / "draft"
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if broken := {name: rows for name, rows in violations(connection).items() if rows}:
            raise DataDamaged(", ".join(f"{rows} rows break {name}" for name, rows in broken.items()))
        with gzip.open(draft, "wb", compresslevel=1) as file:
            for table, columns in connection.execute(_COLUMNS).fetchall():
                file.write(_heading(connection, str(table), columns).encode() + b"\n")
                copy = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(str(table)), _list(columns))
                with connection.cursor().copy(copy) as rows:
                    file.writelines(bytes(row) for row in rows)
                file.write(b"\\.\n")
    draft.rename(path)
    for old in sorted(folder.glob(_PATTERN))[:-kept]:
        old.unlink()
    return path


def restore_damaged(connection: Connection, folder: Path) -> dict[str, tuple[int, int]]:
    """Give rows that break an invariant the values of the newest backup; rows that are sound stay as they are.

    A damaged row that is younger than the backup gets the defaults of the columns in question. Returns how many rows
    were restored and how many reset, by invariant. Raises `NoBackup`.
    """
    found = sorted(folder.glob(_PATTERN))
    if not found:
        raise NoBackup(f"there is no backup in {folder}")
    logger.info("restoring from %s", found[-1].name)
    with connection.transaction():
        return {each.name: _restore(connection, each, found[-1]) for each in INVARIANTS}


def _restore(connection: Connection, invariant: Invariant, backup: Path) -> tuple[int, int]:
    table = sql.Identifier(invariant.table)
    kept = sql.Identifier(f"backup_of_{invariant.table}")
    connection.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(kept))
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING DEFAULTS) ON COMMIT DROP").format(kept, table)
    )
    columns = _load(connection, invariant.table, kept, backup)
    restored = connection.execute(
        sql.SQL(
            "UPDATE {table} SET ({columns}) = (SELECT {columns} FROM {kept} WHERE {kept}.id = {table}.id)"
            " WHERE {broken} AND EXISTS (SELECT FROM {kept} WHERE {kept}.id = {table}.id)"
        ).format(table=table, kept=kept, columns=_list([c for c in columns if c != "id"]), broken=invariant.broken_by)
    ).rowcount
    resets = sql.SQL(", ").join(sql.SQL("{} = DEFAULT").format(sql.Identifier(each)) for each in invariant.resets)
    reset = connection.execute(sql.SQL("UPDATE {} SET {} WHERE {}").format(table, resets, invariant.broken_by)).rowcount
    return restored, reset


def _load(connection: Connection, table: str, into: sql.Identifier, backup: Path) -> list[str]:
    """Copy one table of the backup; returns its columns."""
    with gzip.open(backup, "rb") as file:
        for line in file:
            if not line.startswith(b"COPY "):
                continue
            heading = line.decode().removeprefix("COPY ").removesuffix(" FROM stdin;\n")
            name, _, listed = heading.partition(" ")
            if name.strip('"') != table:
                continue
            columns = [each.strip('" ') for each in listed.strip("()").split(",")]
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(into, _list(columns))
            with connection.cursor().copy(copy) as rows:
                for row in iter(file.readline, b"\\.\n"):
                    rows.write(row)
            return columns
    raise NoBackup(f"{backup.name} has no table {table}")


def _heading(connection: Connection, table: str, columns: object) -> str:
    heading = sql.SQL("COPY {} ({}) FROM stdin;").format(sql.Identifier(table), _list(columns))
    return heading.as_string(connection)


def _list(columns: object) -> sql.Composed:
    assert isinstance(columns, list)
    return sql.SQL(", ").join(map(sql.Identifier, columns))
