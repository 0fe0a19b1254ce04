"""Jobs as PostgreSQL keeps them."""

from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from target_app.database.pool import Database

COLUMNS = "id, statement, status, result, created_at, finished_at"
_INSERT = f"INSERT INTO jobs (statement) VALUES (%(statement)s) RETURNING {COLUMNS}"
_WITHDRAW = "DELETE FROM jobs WHERE id = %(id)s RETURNING id"
_ONE = f"SELECT {COLUMNS} FROM jobs WHERE id = %(id)s"
_FINISH = """
    UPDATE jobs SET status = %(status)s, result = %(result)s, finished_at = now()
    WHERE id = %(id)s AND status = 'queued' RETURNING id
"""
# A younger one may have been written and not yet put into the queue.
_QUEUED = "SELECT {} FROM jobs WHERE status = 'queued' AND created_at < now() - interval '1 second'"
_COUNT = _QUEUED.format("count(*) AS count")
_LIST = _QUEUED.format("id, statement") + " ORDER BY id LIMIT 10000"


class JobRecords:
    """All methods raise `DatabaseUnavailable` or `DatabaseRefused`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, statement: str) -> DictRow:
        """A new job, queued."""
        return (await self._database.fetch(_INSERT, {"statement": statement}))[0]

    async def withdraw(self, job: int) -> None:
        """As if it had never been."""
        await self._database.fetch(_WITHDRAW, {"id": job})

    async def read(self, job: int) -> DictRow | None:
        rows = await self._database.fetch(_ONE, {"id": job})
        return rows[0] if rows else None

    async def finish(self, job: int, status: str, result: dict[str, Any]) -> None:
        """Once; a job that is delivered again after its end keeps its first result."""
        await self._database.fetch(_FINISH, {"id": job, "status": status, "result": Jsonb(result)})

    async def count_queued(self) -> int:
        """Queued for a second or longer."""
        return int((await self._database.fetch(_COUNT))[0]["count"])

    async def list_queued(self) -> list[tuple[int, str]]:
        """Number and statement of those that have been queued for a second or longer, at most 10,000."""
        return [(row["id"], row["statement"]) for row in await self._database.fetch(_LIST)]
