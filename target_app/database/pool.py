"""The database: a pool of PostgreSQL connections that counts and names every refusal."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import monotonic, perf_counter
from typing import Any, Self

import psycopg
from psycopg.pq import ConnStatus
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from target_app.database.metrics import DatabaseMetrics
from target_app.database.settings import DatabaseSettings
from target_app.releases import Release

logger = logging.getLogger("target_app.database")

# The pool waits a second before a second attempt and then longer and longer. With a short limit it gives up after one
# more attempt and begins anew with the next request, so that a database that is back is used at once.
_RECONNECT_FOR_S = 0.5

# libpq keeps the code of a refused connection to itself, so the code is found by the server's text (errcodes.txt).
_REFUSALS = {
    "too many clients already": "53300",
    "remaining connection slots are reserved": "53300",
    "too many connections for": "53300",
    "the database system is": "57P03",
    "password authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "does not exist": "3D000",
}
_CANNOT_CONNECT = "08001"
_CONNECTION_LOST = "08006"
_ALERTED = ("53300", "53100")

Connection = psycopg.AsyncConnection[DictRow]


class DatabaseUnavailable(Exception):
    """The database refused, broke or did not answer; the message is its own where it gave one."""


class DatabaseRefused(Exception):
    """PostgreSQL took the statement and rejected it."""


class Database:
    """Statements in autocommit mode; `trouble` is None, or what went wrong last and has not gone right since."""

    def __init__(
        self,
        settings: DatabaseSettings,
        metrics: DatabaseMetrics,
        release: Release,
        application_name: str = "llm-research-api",
    ) -> None:
        self.trouble: str | None = None
        self._metrics = metrics
        self._release = release
        self._timeout_s = settings.pool_timeout_s
        self._in_use = 0
        self._begun: dict[int, float] = {}
        self._pool = AsyncConnectionPool(
            settings.url,
            connection_class=_watched(self._refused, self._connected, settings.connect_jitter_s),
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": max(2, round(settings.connect_timeout_s)),
                "application_name": application_name,
                "options": f"-c statement_timeout={round(settings.statement_timeout_s * 1000)}",
            },
            min_size=settings.pool_min_size,
            max_size=settings.pool_size,
            timeout=settings.pool_timeout_s,
            max_lifetime=settings.pool_max_lifetime_s,
            max_idle=settings.pool_max_idle_s,
            reconnect_timeout=_RECONNECT_FOR_S,
            open=False,
            name="research",
        )
        self._show(settings.pool_size)

    async def open(self) -> None:
        """Begin to connect; does not wait, so that an absent database keeps nobody from starting."""
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # refusals are logged here, with their code
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close(timeout=0.5)

    async def fetch(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[DictRow]:
        """Rows of one statement. Raises `DatabaseUnavailable` or `DatabaseRefused`."""
        return await self._release.fetch(self, statement, parameters)

    async def ping(self, timeout_s: float = 0.5) -> None:
        """Raises `DatabaseUnavailable` unless a statement is answered; `timeout_s` limits the wait for a connection."""
        async with self.connection(timeout_s) as connection:
            await self.run(connection, "SELECT 1", None)

    @asynccontextmanager
    async def connection(self, timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """A connection of the pool, given back in any case. Raises `DatabaseUnavailable`."""
        connection = await self.take(timeout_s)
        try:
            yield connection
        finally:
            await self.give_back(connection)

    async def take(self, timeout_s: float | None = None) -> Connection:
        """A connection of the pool, to be given back. Raises `DatabaseUnavailable` after `timeout_s`."""
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            connection = await self._take_living(monotonic() + timeout_s)
        except PoolTimeout:
            self._metrics.pool_timeouts.inc()
            raise DatabaseUnavailable(
                self.trouble or f"no connection of the pool became free within {timeout_s:g} s"
            ) from None
        self._in_use += 1
        return connection

    async def give_back(self, connection: Connection) -> None:
        """Whoever comes next may have it."""
        self._in_use -= 1
        await self._pool.putconn(connection)

    async def _take_living(self, deadline: float) -> Connection:
        """Passes over connections that the server has ended; the pool's own check would pause between two of them."""
        while True:
            connection = await self._pool.getconn(deadline - monotonic())
            if _is_alive(connection):
                return connection
            await self._pool.putconn(connection)

    async def run(self, connection: Connection, statement: str, parameters: Mapping[str, Any] | None) -> list[DictRow]:
        """Rows of one statement on a connection that was taken. Raises `DatabaseUnavailable` or `DatabaseRefused`."""
        began = self._begun[id(connection)] = perf_counter()
        try:
            cursor = await connection.execute(statement, parameters)
            rows = await cursor.fetchall()
        except psycopg.Error as error:
            message = self._count(error, error.sqlstate or _CONNECTION_LOST)
            logger.error("database error: %s", message)
            if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
                self.trouble = message
                raise DatabaseUnavailable(message) from error
            raise DatabaseRefused(message) from error
        finally:
            del self._begun[id(connection)]
        self._metrics.query_seconds.observe(perf_counter() - began)
        self.trouble = None
        return rows

    def _connected(self) -> None:
        self.trouble = None

    def _refused(self, error: psycopg.Error) -> None:
        self.trouble = self._count(error, error.sqlstate or sqlstate_of_refusal(str(error)))
        logger.error("database connection failed: %s", self.trouble)

    def _count(self, error: psycopg.Error, sqlstate: str) -> str:
        self._metrics.errors.labels(sqlstate).inc()
        return f"SQLSTATE {sqlstate}: {' '.join(str(error).split())}"

    def _show(self, size: int) -> None:
        metrics = self._metrics
        for sqlstate in _ALERTED:
            metrics.errors.labels(sqlstate)  # shown from the start at 0, so that a first rise is seen
        metrics.pool_max_connections.set(size)
        metrics.pool_waiters.set_function(lambda: self._stat("requests_waiting"))
        metrics.statements.set_function(lambda: len(self._begun))
        metrics.oldest_statement_seconds.set_function(
            lambda: perf_counter() - min(self._begun.values()) if self._begun else 0.0
        )
        metrics.pool_connections.labels("idle").set_function(lambda: self._stat("pool_available"))
        metrics.pool_connections.labels("in_use").set_function(lambda: self._in_use)
        metrics.pool_connections.labels("connecting").set_function(
            lambda: max(0, self._stat("pool_size") - self._stat("pool_available") - self._in_use)
        )

    def _stat(self, name: str) -> int:
        return self._pool.get_stats().get(name, 0)


def sqlstate_of_refusal(message: str) -> str:
    """The SQLSTATE of a connection that was not made, by the words of the server; 08001 if it had none."""
    return next((code for words, code in _REFUSALS.items() if words in message), _CANNOT_CONNECT)


def _watched(
    refused: Callable[[psycopg.Error], None], connected: Callable[[], None], jitter_s: float
) -> type[Connection]:
    """A connection class that reports how each attempt to connect ended; the pool itself keeps that quiet.

    Each attempt begins up to `jitter_s` seconds late, so that replicas do not all come at the same moment.
    """

    class WatchedConnection(psycopg.AsyncConnection[DictRow]):
        @classmethod
        async def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
            await asyncio.sleep(jitter_s * random.uniform(0.5, 1))
            try:
                connection = await super().connect(conninfo, **kwargs)
            except psycopg.Error as error:
                refused(error)
                raise
            connected()
            return connection

    return WatchedConnection


def _is_alive(connection: Connection) -> bool:
    """False if the server has ended an idle connection. Looks at what has arrived, costs no round trip.

    The first read takes the server's farewell, the second one finds the end of the stream.
    """
    try:
        for _ in range(2):
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return connection.pgconn.status == ConnStatus.OK
