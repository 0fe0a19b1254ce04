"""The tables of the record, and the database file that holds them."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, UniqueConstraint, event, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel, create_engine

from scoring.errors import ServiceError

_SCHEMA_VERSION = 1


class DrillRow(SQLModel, table=True):
    """A drill. `definition` is canonical JSON of what it was created with, `definition_hash` its digest."""

    __tablename__ = "drill"
    id: str = Field(primary_key=True)
    position: int = Field(index=True)
    definition: str
    playbook_text: str
    definition_hash: str
    ended_at: str | None = None
    baseline: str | None = None
    baseline_hash: str | None = None
    events: int = 0
    head: str
    windows: int = 0
    windows_head: str


class EventRow(SQLModel, table=True):
    """An event. Instants are texts, as hashed."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("drill_id", "key"),)
    drill_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    occurred_at: str
    received_at: str
    source: str
    data: str
    key: str | None = None
    previous_hash: str
    hash: str


class WindowRow(SQLModel, table=True):
    """A load window, as canonical JSON."""

    __tablename__ = "load_window"
    __table_args__ = (UniqueConstraint("drill_id", "at"),)
    drill_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: str
    body: str
    hash: str


def open_engine(path: Path) -> Engine:
    """An engine on a database file, made and brought up to date.

    Raises ServiceError, one line, where the file cannot be written or is no database of ours.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 10})
    event.listen(engine, "connect", _prepare)
    try:
        with engine.connect() as connection:
            version = connection.execute(text("PRAGMA user_version")).scalar_one()
            if version > _SCHEMA_VERSION:
                raise ServiceError(f"{path}: this database is of a newer gameday; use that version, or another file")
            SQLModel.metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {_SCHEMA_VERSION}"))
            connection.commit()
    except DBAPIError as error:
        engine.dispose()
        raise ServiceError(
            f"{path}: the database cannot be written: {error.orig}; free the disk or name another file"
        ) from None
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
