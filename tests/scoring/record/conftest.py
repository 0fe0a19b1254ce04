"""Records on both databases: a SQLite file, and a real PostgreSQL whose tables are emptied before each test."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from scoring.files import score_file
from scoring.record.engine import open_engine
from scoring.record.store import Store
from scoring.record.tables import Row
from scoring.scorecard.cards import Scorecard
from scoring.timeline import Baseline, Drill, Event, Truth, Window
from simulator.processes import die_with_parent

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
PLAYBOOK = "name: the playbook as it was"
_NUMBERS = count()


class Postgres:
    """A server with a database that stands at the last migration."""

    def __init__(self, root: Path) -> None:
        self.address = f"127.{random.randint(140, 250)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator.cluster.kubelet.images.postgres"],
            env={**os.environ, "POD_IP": self.address, "POSTGRES_PASSWORD": "secret", "GAMEDAY_POD_ROOT": str(root)},
            stderr=(root / "log").open("wb"),
            preexec_fn=die_with_parent,
        )
        deadline = time.monotonic() + 30
        while not self._accepts():
            assert time.monotonic() < deadline, (root / "log").read_text()
            time.sleep(0.02)
        self.migrated = self.database()
        open_engine(self.migrated).dispose()

    def url(self, name: str) -> str:
        return f"postgresql://postgres:secret@{self.address}/{name}"

    def database(self) -> str:
        """The URL of a new database."""
        name = f"d{next(_NUMBERS)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _accepts(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres"), connect_timeout=2):
            return True
        return False


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "record.db"
    open_engine(path).dispose()
    return path


@pytest.fixture
def sqlite_file(tmp_path: Path, migrated_file: Path) -> Path:
    """A SQLite file with the tables of today."""
    return Path(shutil.copy(migrated_file, tmp_path / "record.db"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.parts)])
def database(request: pytest.FixtureRequest) -> str:
    """A file or URL with the tables of today."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_file"))
    with request.getfixturevalue("on_postgres").begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # or the record refuses it
        for table in Row.metadata.tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")
    return str(request.getfixturevalue("postgres").migrated)


@pytest.fixture(scope="session")
def on_postgres(postgres: Postgres) -> Iterator[Engine]:
    opened = open_engine(postgres.migrated)
    yield opened
    opened.dispose()


@pytest.fixture
def engine(database: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    if "://" in database:
        yield request.getfixturevalue("on_postgres")
        return
    opened = open_engine(database)
    yield opened
    opened.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    """A record with a running drill `d`."""
    made = Store(engine)
    made.create(drill(), truth(), PLAYBOOK)
    return made


@pytest.fixture
def quick_store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    """The same on SQLite alone, where it makes no difference."""
    opened = open_engine(shutil.copy(migrated_file, tmp_path / "quick.db"))
    made = Store(opened)
    made.create(drill(), truth(), PLAYBOOK)
    yield made
    opened.dispose()


@pytest.fixture
def tamper(engine: Engine) -> Callable[[str], int]:
    """Runs a statement behind the back of the triggers, as somebody could who owns the file or the server."""

    def run(statement: str) -> int:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            else:
                found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
                for (name,) in found:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            return connection.exec_driver_sql(statement).rowcount

    return run


def drill(name: str = "d", **changed: Any) -> Drill:
    told: dict[str, Any] = {"id": name, "clock": 60, "started_at": START, "playbook": "llm-research-lab"}
    return Drill.model_validate({**told, **changed})


def truth(**changed: Any) -> Truth:
    return Truth.model_validate({"failure_mode": "connection-exhaustion", "component": "postgres", **changed})


def event(kind: str = "update.posted", key: str | None = None, after_s: float = 0, **data: Any) -> Event:
    told = {"kind": kind, "occurred_at": START + timedelta(seconds=after_s), "source": "test", "data": data, "key": key}
    return Event.model_validate(told)


def window(second: int, failures: int = 0) -> Window:
    return Window(at=START + timedelta(seconds=second), requests=50, failures=failures)


def baseline() -> Baseline:
    return Baseline(requests_per_s=50.0, p95_ms=40.0)


@pytest.fixture(scope="session")
def real_card() -> Scorecard:
    return score_file(Path(__file__).parents[1] / "recorded" / "rate-limited.timeline.json")


@pytest.fixture
def kept_card(real_card: Scorecard) -> Callable[..., Scorecard]:
    """A real scorecard with what a test is about changed; `times` are drill seconds and verdict by measure."""

    def make(name: str, points: float | None, times: dict[str, tuple[float | None, str]] | None = None, **changed: Any):
        measures = dict(real_card.measures)
        for measure, (seconds, verdict) in (times or {}).items():
            measures[measure] = measures[measure].model_copy(update={"drill_seconds": seconds, "verdict": verdict})
        told = {"drill": name, "score": points, "mark": "S", "verdict": "scored", "measures": measures, **changed}
        return real_card.model_copy(update=told)

    return make
