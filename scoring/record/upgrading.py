"""Bringing a database up to date: its migrations, run in one transaction by whoever opens it first."""

from typing import Any

from sqlalchemy import Connection, Engine, text

from scoring.errors import ServiceError

HEAD = "0005"
"""The migration that the tables stand at; a test holds it to the scripts."""
_FIRST = "0001"
_SQLITE_VERSION = 2  # its user_version, by which a gameday that knew no migrations refuses the file
_OURS = {"drill", "event", "load_window"}
_MIGRATING = 7_206_910  # PostgreSQL's advisory lock
_TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_TABLES_OF_POSTGRESQL = "SELECT tablename FROM pg_tables WHERE schemaname = ANY(current_schemas(false))"


def bring_up_to_date(engine: Engine, place: str) -> None:
    """Make or upgrade the tables, all or nothing; where they stand at the head already, nothing is written.

    Tables of the first databases, which kept no version, are taken for what they are. Raises ServiceError for those
    of a newer gameday or of another program, and SQLAlchemyError.
    """
    with engine.connect() as connection:
        if _version(connection, _tables(connection), place) == HEAD:
            return
    with engine.connect() as connection:
        connection = connection.execution_options(begin="BEGIN IMMEDIATE")
        with connection.begin():
            _upgrade(connection, place)


def _upgrade(connection: Connection, place: str) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})
    tables = _tables(connection)
    version = _version(connection, tables, place)
    if version == HEAD:
        return
    if version is not None and version not in _known():
        raise ServiceError(
            f"{place}: this database is of a newer gameday (its tables are at {version}, ours at {HEAD});"
            " use that version, or another database"
        )
    _migrate(connection, stamp=_FIRST if version is None and tables >= _OURS else None)
    if is_sqlite:
        connection.execute(text(f"PRAGMA user_version = {_SQLITE_VERSION}"))


def _tables(connection: Connection) -> set[str]:
    is_sqlite = connection.dialect.name == "sqlite"
    return set(connection.execute(text(_TABLES_OF_SQLITE if is_sqlite else _TABLES_OF_POSTGRESQL)).scalars())


def _version(connection: Connection, tables: set[str], place: str) -> str | None:
    """The migration that the tables stand at, None if there is none. Raises ServiceError for a file of others."""
    version: str | None = None
    if "alembic_version" in tables:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if connection.dialect.name == "sqlite":
        of_file = connection.execute(text("PRAGMA user_version")).scalar_one()
        if of_file > _SQLITE_VERSION:
            return f"user_version {of_file}"
        if tables and version is None and not tables >= _OURS:
            raise ServiceError(f"{place}: this database is of another program; name another file")
    return version


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _migrate(connection: Connection, stamp: str | None) -> None:
    """Run what is missing, within the connection's transaction. `stamp` is where tables without a version stand."""
    from alembic import command  # takes longer to import than all else here, and mostly there is nothing to do

    config = _config()
    config.attributes["connection"] = connection
    if stamp is not None:
        command.stamp(config, stamp)
    command.upgrade(config, HEAD)


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "scoring.record:migrations")
    return config
