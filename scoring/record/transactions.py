"""Reading the record as of one moment, and writing to it in one transaction, on SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from scoring.errors import ScoringError
from scoring.record.errors import Conflict, NotWritten


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the record as it is when first asked, whatever is written meanwhile.

    Raises ScoringError for what no database can look up, such as a name with a NUL in it.
    """
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
    except DataError as error:
        raise ScoringError(f"this cannot be looked up: {told(error)}") from None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction: committed and on disk when the block ends, else nothing is kept.

    On SQLite it takes the write lock at once, so that what is read in it still holds when it is written to; on
    PostgreSQL writers lock the rows that they read. Raises Conflict and NotWritten.
    """
    options = engine.get_execution_options()
    turn: AbstractContextManager[object] = options.get("write_lock") or nullcontext()
    try:
        with turn, engine.connect() as connection:
            connection = connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
    except IntegrityError as error:
        raise Conflict(f"somebody else wrote the same at the same time: {told(error)}; try again") from None
    except DataError as error:
        raise ScoringError(f"this cannot be kept: {told(error)}") from None
    except DBAPIError as error:
        raise NotWritten(f"the record cannot be written: {told(error)}; nothing was kept, try again") from None


def told(error: DBAPIError) -> str:
    """What the database said, in one line."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return "; ".join(lines[:2]) or type(error.orig).__name__
