"""Opening a record: made, brought up to date without loss, or refused in one line that says what to do."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from scoring.canonical import canonical_json, digest
from scoring.errors import ServiceError
from scoring.record.engine import open_engine
from scoring.record.store import Store
from scoring.record.tables import Row
from scoring.record.upgrading import HEAD
from scoring.timeline.chain import genesis

RECORDED = Path(__file__).parents[1] / "recorded" / "rate-limited.timeline.json"
_FIRST = """
CREATE TABLE drill (id VARCHAR NOT NULL, position INTEGER NOT NULL, definition VARCHAR NOT NULL,
  playbook_text VARCHAR NOT NULL, definition_hash VARCHAR NOT NULL, ended_at VARCHAR, baseline VARCHAR,
  baseline_hash VARCHAR, events INTEGER NOT NULL, head VARCHAR NOT NULL, windows INTEGER NOT NULL,
  windows_head VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_drill_position ON drill (position);
CREATE TABLE event (drill_id VARCHAR NOT NULL, seq INTEGER NOT NULL, kind VARCHAR NOT NULL,
  occurred_at VARCHAR NOT NULL, received_at VARCHAR NOT NULL, source VARCHAR NOT NULL, data VARCHAR NOT NULL,
  "key" VARCHAR, previous_hash VARCHAR NOT NULL, hash VARCHAR NOT NULL, PRIMARY KEY (drill_id, seq),
  UNIQUE (drill_id, "key"));
CREATE TABLE load_window (drill_id VARCHAR NOT NULL, seq INTEGER NOT NULL, at VARCHAR NOT NULL,
  body VARCHAR NOT NULL, hash VARCHAR NOT NULL, PRIMARY KEY (drill_id, seq), UNIQUE (drill_id, at));
PRAGMA user_version = 1;
"""


def first_database(path: Path, told: dict[str, Any]) -> None:
    """A file as the first version of the service wrote it."""
    name = told["drill"]["id"]
    said = {"drill": {k: v for k, v in told["drill"].items() if k != "ended_at"}, "truth": told["truth"]}
    definition, book = canonical_json(said).decode(), "name: x"
    baseline = canonical_json(told["baseline"]).decode()
    head = genesis(name)
    with sqlite3.connect(path) as file:
        file.executescript(_FIRST)
        for seq, e in enumerate(told["events"], 1):
            texts = [e[n] for n in ("kind", "occurred_at", "received_at", "source")]
            row = (name, seq, *texts, canonical_json(e["data"]).decode(), e["key"], e["previous_hash"], e["hash"])
            file.execute("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        for seq, each in enumerate(told["impact"]):
            body = canonical_json(each).decode()
            head = digest(head.encode(), b"\0", body.encode())
            file.execute("INSERT INTO load_window VALUES (?,?,?,?,?)", (name, seq, each["at"], body, head))
        row = (
            *(name, 0, definition, book, digest(definition.encode(), b"\0", book.encode()), told["drill"]["ended_at"]),
            *(baseline, digest(genesis(name).encode(), baseline.encode())),
            *(len(told["events"]), told["events"][-1]["hash"], len(told["impact"]), head),
        )
        file.execute("INSERT INTO drill VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)
    file.close()


def test_the_tables_are_as_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []


def test_the_head_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "scoring.record:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_what_is_committed_is_on_disk(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            asked = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
            assert asked == ["wal", 2]
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_a_database_of_the_first_version_is_upgraded_without_loss(tmp_path: Path) -> None:
    path, told = tmp_path / "first.db", orjson.loads(RECORDED.read_bytes())
    first_database(path, told)
    for _ in range(2):
        engine = open_engine(path)
        store = Store(engine)
        assert store.verify(told["drill"]["id"]).head == told["events"][-1]["hash"]
        kept = orjson.loads(store.timeline(told["drill"]["id"]).to_json())
        for part in ("events", "impact"):
            assert len(kept[part]) == len(told[part])
            assert all(old.items() <= new.items() for old, new in zip(told[part], kept[part], strict=True))
        assert told["truth"].items() <= kept["truth"].items()
        assert kept["baseline"] == told["baseline"]
        assert kept["drill"]["ended_at"] == told["drill"]["ended_at"]
        [listed] = store.drills(game_day=told["drill"]["game_day"])
        assert (listed.position, listed.events) == (1, len(told["events"]))
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []
            assert connection.execute(text("PRAGMA user_version")).scalar() == 2
        engine.dispose()


def _newer_file(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.executescript("CREATE TABLE drill (id); PRAGMA user_version = 9")


def _newer_tables(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.executescript("CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('9999')")


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE bookmark (url)")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_newer_file, "of a newer gameday"),
        (_newer_tables, "of a newer gameday (its tables are at 9999"),
        (_foreign, "of another program; name another file"),
        (lambda path: path.write_bytes(b"this is no database at all" * 100), "no SQLite database"),
        (Path.mkdir, "this is a folder; name a file in it"),
    ],
)
def test_a_file_that_is_no_record_is_left_alone(make: Callable[[Path], Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    assert said in refusal(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parts
def test_a_newer_database_of_a_server_is_refused(postgres: Any) -> None:
    url = postgres.database()  # its own, as no other test is to meet what is done to it
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "of a newer gameday" in refusal(url)


def test_several_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for engine in pool.map(lambda _: open_engine(tmp_path / "new.db"), range(4)):
            assert Store(engine).drills() == []
            engine.dispose()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path}/nowhere; make it" in refusal(tmp_path / "nowhere" / "x.db")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with full_disk(8192):
        assert "cannot be written" in refusal(tmp_path / "x.db")
    open_engine(tmp_path / "x.db").dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/x", "Connection refused"),
        ("postgresql://me@127.0.0.1:1/x?password=hunter2", "Connection refused"),
        ("postgresql://me:hunter2@127.0.0.1:port/x", "cannot be read"),
        ("mysql://me:hunter2@127.0.0.1/x", "is none that scoring knows"),
        ("sqlite://", "give a file"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_password(url: str, said: str) -> None:
    told = refusal(url)
    assert said in told
    assert "hunter2" not in told


@pytest.mark.parts
def test_a_wrong_password_is_told_and_not_shown(postgres: Any) -> None:
    told = refusal(postgres.url("postgres").replace("secret", "hunter2"))
    assert "password authentication failed" in told
    assert "hunter2" not in told


def refusal(database: Any) -> str:
    """What is said, in one line."""
    with pytest.raises(ServiceError) as refused:
        open_engine(database)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """As on a full disk, no file of ours can grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
