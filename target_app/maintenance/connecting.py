"""One connection for maintenance, in autocommit mode."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

APPLICATION_NAME = "database-maintenance"
Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Closed at the end. Raises `psycopg.OperationalError`."""
    with psycopg.connect(
        url,
        autocommit=True,
        application_name=APPLICATION_NAME,
        connect_timeout=3,
        options="-c statement_timeout=30s -c lock_timeout=5s",
    ) as connection:
        yield connection
