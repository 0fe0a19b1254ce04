"""The API's side of jobs: they are accepted, looked up, watched, and put into the queue again if it lost them."""

import asyncio
import logging
from math import nan

from psycopg.rows import DictRow

from target_app.database.pool import DatabaseRefused, DatabaseUnavailable
from target_app.jobs.metrics import BacklogMetrics
from target_app.jobs.queue import JobQueue, QueueUnavailable
from target_app.jobs.records import JobRecords

logger = logging.getLogger("target_app.jobs")

_LOOK_EVERY_S = 0.5


class JobDesk:
    """Errors of the database and `QueueUnavailable` go to whoever asked."""

    def __init__(self, records: JobRecords, queue: JobQueue, metrics: BacklogMetrics) -> None:
        self._records = records
        self._queue = queue
        self._metrics = metrics
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to watch the backlog."""
        self._watching = asyncio.create_task(self._watch(), name="backlog")

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        await self._queue.close()

    async def submit(self, statement: str) -> DictRow:
        """Accepted when it is in the database and in the queue; where the queue refuses, it was never there."""
        row = await self._records.add(statement)
        try:
            await self._queue.put(row["id"], statement)
        except QueueUnavailable:
            await self._records.withdraw(row["id"])
            raise
        return row

    async def read(self, job: int) -> DictRow | None:
        return await self._records.read(job)

    async def requeue_lost(self) -> int:
        """Put what the database holds as queued and the queue does not know into it again; how many those were."""
        held = await self._queue.jobs()
        lost = [(job, statement) for job, statement in await self._records.list_queued() if job not in held]
        for job, statement in lost:
            await self._queue.put(job, statement)
        if lost:
            logger.warning("%d jobs were in no queue and are queued again", len(lost))
        return len(lost)

    async def _watch(self) -> None:
        while True:
            try:
                await self._look()
            except (QueueUnavailable, DatabaseUnavailable, DatabaseRefused) as error:
                self._show(nan, nan, nan)
                logger.debug("the backlog could not be looked at: %s", error)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _look(self) -> None:
        """The queue before the database: a job that ends in between is then missing from the latter, and not lost."""
        length, oldest_age_s = await self._queue.length(), await self._queue.oldest_age_s()
        self._show(length, oldest_age_s, max(0, await self._records.count_queued() - length))

    def _show(self, length: float, oldest_age_s: float, lost: float) -> None:
        self._metrics.length.set(length)
        self._metrics.oldest_age.set(oldest_age_s)
        self._metrics.lost.set(lost)
