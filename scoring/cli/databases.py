"""Which databases there are here, and which of them holds a drill.

A folder in which people work has `.gameday/scoring.db`, which `gameday serve` writes, and one for each of the last runs
under `.gameday/runs`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, make_url

from scoring.canonical import did_you_mean
from scoring.errors import ServiceError
from scoring.record.engine import open_engine
from scoring.record.store import Listed, NoSuchDrill, Store

HOME = Path(".gameday")
LASTING = HOME / "scoring.db"


@dataclass(frozen=True)
class Place:
    """An open database. `name` is its file, or its URL without a password."""

    name: str
    engine: Engine
    store: Store


def key_folder(database: str) -> Path:
    """Where the service of a database keeps its key: beside its file; in `.gameday` for files in there and for URLs."""
    if is_url(database):
        return HOME
    parents = Path(database).absolute().parents
    return next((parent for parent in parents if parent.name == HOME.name), parents[0])


def is_url(database: str) -> bool:
    """Whether this is an SQLAlchemy URL rather than a file."""
    return "://" in database


def shown(database: str) -> str:
    """A file as it is, a URL without its password and options."""
    if not is_url(database):
        return database
    return make_url(database).set(query={}).render_as_string(hide_password=True)


def known_databases(given: str | None) -> list[str]:
    """The one that a person names, else all that are here, newest runs first."""
    if given is not None:
        return [given]
    runs = sorted((HOME / "runs").glob("*/scoring.db"), reverse=True)
    return [str(path) for path in (LASTING, *runs) if path.is_file()]


def history_of(database: str, lasting: str | None) -> str | None:
    """The database that has what was played before, for the one of a run; None for others, and where there is none.

    `lasting` is what a person named instead of `.gameday/scoring.db`.
    """
    if is_url(database) or (HOME.absolute() / "runs") not in Path(database).absolute().parents:
        return None
    return lasting or (str(LASTING) if LASTING.is_file() else None)


@contextmanager
def opened(database: str, *, is_made: bool = False) -> Iterator[Place]:
    """A database, closed in the end; `is_made`: one that is not there yet is made. Raises ServiceError."""
    if not is_url(database):
        if is_made:
            _make_folder(Path(database))
        elif not Path(database).is_file():
            raise ServiceError(f"{database}: there is no such database; 'gameday serve' makes one")
    engine = open_engine(database)
    try:
        yield Place(shown(database), engine, Store(engine))
    finally:
        engine.dispose()


def _make_folder(database: Path) -> None:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceError(f"{database}: its folder cannot be made: {error.strerror}; name another file") from None


@contextmanager
def holding(drill_id: str, given: str | None) -> Iterator[Place]:
    """The database that holds this drill. Raises NoSuchDrill, and ServiceError for one that cannot be opened."""
    databases = known_databases(given)
    for database in databases:
        with opened(database) as place:
            try:
                place.store.drill(drill_id)
            except NoSuchDrill:
                continue
            yield place
            return
    if not databases:
        raise NoSuchDrill(
            f"there is no drill '{drill_id}': nothing was recorded under {HOME.absolute()} yet; go to the folder "
            "in which drills are played, or give --database"
        )
    where = shown(databases[0]) if len(databases) == 1 else f"the {len(databases)} databases under {HOME}"
    hint = did_you_mean(drill_id, drill_ids(given)) or "; see 'gameday history'"
    raise NoSuchDrill(f"there is no drill '{drill_id}' in {where}{hint}")


def drill_ids(given: str | None) -> list[str]:
    """Ids of all drills that are known here, each once."""
    found: dict[str, None] = {}
    for database in known_databases(given):
        with opened(database) as place:
            found.update(dict.fromkeys(listed.drill.id for listed in all_drills(place.store)))
    return list(found)


def all_drills(store: Store) -> Iterator[Listed]:
    """A database's drills, oldest first."""
    after = 0
    while page := store.drills(after, 1000):
        yield from page
        after = page[-1].position
