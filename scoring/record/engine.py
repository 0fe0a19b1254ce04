"""Opening the record: a SQLite file, or PostgreSQL by URL, brought up to date by its migrations.

SQLite runs in WAL mode with synchronous=FULL, PostgreSQL with synchronous_commit, so that what was committed is there
after any crash.
"""

import sqlite3
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from scoring.errors import ServiceError
from scoring.record.transactions import told
from scoring.record.upgrading import bring_up_to_date

_PATIENCE_S = 10
_LOOKS_AGAIN_S = 0.02
_ROWS_OF_INSERT = 500  # of 11 columns each; SQLite takes 32,766 variables


def open_engine(database: str | Path) -> Engine:
    """An engine on a database file, made if it is missing, or on a SQLAlchemy URL, brought up to date.

    Raises ServiceError, one line with cause and mend, which never shows a password.
    """
    url = _url(database)
    place = _shown(url)
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    try:
        bring_up_to_date(engine, place)
        if engine.dialect.name == "sqlite":
            _write_ahead(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise ServiceError(_one_line(url, place, error)) from None
    except ServiceError:
        engine.dispose()
        raise
    return engine


def _url(database: str | Path) -> URL:
    given = str(database)
    if isinstance(database, Path) or "://" not in given:
        return URL.create("sqlite", database=given)
    scheme = given.partition("://")[0]
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ServiceError(
            f"the database's URL ({scheme}://...) cannot be read; give scheme://user:password@host:port/name,"
            " with special signs of the password written as %XX"
        ) from None
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return URL.create("sqlite", database=url.database)
    raise ServiceError(f"a database {scheme}:// is none that scoring knows; give a file, or a URL postgresql://...")


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.difference_update_query(["password"]).set(drivername="postgresql").render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    """All writers of a process take turns (`write_lock`), as they would otherwise wait for each other by polling."""
    engine = create_engine(
        url,
        connect_args={"timeout": _PATIENCE_S},
        pool_size=20,
        insertmanyvalues_page_size=_ROWS_OF_INSERT,
        execution_options={"write_lock": Lock()},
    )
    # Many rows a statement: each call into SQLite gives the interpreter away, and a busy loop is slow to return it.
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute("PRAGMA synchronous=FULL").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        statement = connection.get_execution_options().get("begin", "BEGIN")
        if statement:
            connection.exec_driver_sql(statement)

    return engine


def _postgresql(url: URL) -> Engine:
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": _PATIENCE_S}
    engine = create_engine(
        url, connect_args=patience, pool_size=20, pool_pre_ping=True, insertmanyvalues_page_size=_ROWS_OF_INSERT
    )
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()

    return engine


def _write_ahead(engine: Engine) -> None:
    """A property of the file, which only a file of ours is to get; it cannot be set within a transaction.

    SQLite does not wait for others who have the file open meanwhile, so we do, as long as for any lock.
    """
    until = monotonic() + _PATIENCE_S
    with engine.connect() as connection:
        connection = connection.execution_options(begin="")
        while True:
            try:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            except OperationalError as error:
                if "locked" not in str(error.orig) or monotonic() > until:
                    raise
                sleep(_LOOKS_AGAIN_S)
            else:
                return


def _one_line(url: URL, place: str, error: SQLAlchemyError) -> str:
    said = told(error) if isinstance(error, DBAPIError) else " ".join(str(error).split())
    if url.get_backend_name() == "postgresql":
        for secret in filter(None, (url.password, url.query.get("password"))):
            said = said.replace(str(secret), "***")
        return f"{place}: the database cannot be used: {said}; start it, mend the URL, or name a file instead"
    folder = Path(place).absolute().parent
    if not folder.is_dir():
        return f"{place}: the database cannot be written: there is no folder {folder}; make it, or name another file"
    if Path(place).is_dir():
        return f"{place}: the database cannot be written: this is a folder; name a file in it"
    if "not a database" in said:
        return f"{place}: the database cannot be written: this file is no SQLite database; name another file"
    return f"{place}: the database cannot be written: {said}; free the disk, or name a file that you may write"
