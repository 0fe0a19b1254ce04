"""Changes of the schema: plain SQL files, applied in the order of their names, each once."""

import logging
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from psycopg import sql

from target_app.maintenance.connecting import Connection

logger = logging.getLogger("target_app.migrations")

_TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name text PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_LOCK = 4_507_391  # any number that nobody else locks: two that migrate at once take turns


def shipped() -> list[Path]:
    """The files that come with this release."""
    return sorted(Path(str(files("target_app"))).joinpath("database", "migrations").glob("*.sql"))


def migrate(connection: Connection, migrations: Iterable[Path]) -> list[str]:
    """Apply those that were not applied before, each in a transaction of its own; returns their names."""
    applied = []
    for path in migrations:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            connection.execute(_TABLE)
            if connection.execute("SELECT FROM schema_migrations WHERE name = %s", [path.stem]).fetchone() is not None:
                continue
            connection.execute(sql.SQL(path.read_text()))
            connection.execute("INSERT INTO schema_migrations (name) VALUES (%s)", [path.stem])
        logger.info("applied migration %s", path.stem)
        applied.append(path.stem)
    return applied
