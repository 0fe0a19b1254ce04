"""The queue of jobs: a stream in Valkey with one group of workers.

A job stays in the stream until it is finished. A worker that takes one has it for the visibility time-out; a job that
was not finished by then, because its worker died or put it back, goes to whoever asks next: at least once, never at
most once. The stream is as durable as the server.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time
from typing import Any

from valkey.asyncio import Valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff
from valkey.exceptions import ConnectionError as Unreachable
from valkey.exceptions import ResponseError, ValkeyError

from target_app.jobs.settings import QueueSettings

logger = logging.getLogger("target_app.jobs")

STREAM = "jobs"
GROUP = "workers"
_BLOCK_MS = 500


class QueueUnavailable(Exception):
    """The queue refused, broke or did not answer; the message may be shown to the user."""


@dataclass(frozen=True)
class Delivery:
    """One job in a worker's hands; `id` is the stream's, `attempt` counts from 1."""

    id: str
    job: int
    statement: str
    attempt: int


class JobQueue:
    """All methods raise `QueueUnavailable`."""

    def __init__(self, settings: QueueSettings) -> None:
        self._visibility_ms = round(settings.visibility_timeout_s * 1000)
        self._valkey = Valkey.from_url(
            settings.url,
            decode_responses=True,
            socket_timeout=settings.timeout_s + _BLOCK_MS / 1000,
            socket_connect_timeout=settings.timeout_s,
            retry=Retry(NoBackoff(), 1),  # a connection of the pool may be one that the server has closed
            retry_on_error=[Unreachable],
        )

    async def close(self) -> None:
        await self._valkey.aclose()

    async def put(self, job: int, statement: str) -> None:
        """Accepted when this returns."""
        async with _translated():
            await self._valkey.xadd(STREAM, {"job": str(job), "statement": statement})

    async def take(self, worker: str) -> Delivery | None:
        """The next job; None if there was none for half a second. One that waited in vain for its end comes first."""
        async with _translated():
            try:
                _, overdue, _ = await self._valkey.xautoclaim(STREAM, GROUP, worker, self._visibility_ms, count=1)
                if entries := [entry for entry in overdue if entry[1]]:
                    return await self._delivery(entries[0])
                answer = await self._valkey.xreadgroup(GROUP, worker, {STREAM: ">"}, count=1, block=_BLOCK_MS)
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                await self._begin()
                return None
            return _first_delivery(answer[0][1][0]) if answer else None

    async def finish(self, delivery: Delivery) -> None:
        """It is done with, however it ended."""
        async with _translated(), self._valkey.pipeline() as pipeline:
            pipeline.xack(STREAM, GROUP, delivery.id)
            pipeline.xdel(STREAM, delivery.id)
            await pipeline.execute()

    async def length(self) -> int:
        """Jobs that are not finished, those in workers' hands included."""
        async with _translated():
            return int(await self._valkey.xlen(STREAM))

    async def oldest_age_s(self) -> float:
        """Seconds since the oldest unfinished job was put; 0 if there is none."""
        async with _translated():
            oldest = await self._valkey.xrange(STREAM, count=1)
        return max(0.0, time() - int(oldest[0][0].partition("-")[0]) / 1000) if oldest else 0.0

    async def jobs(self) -> set[int]:
        """Every job that is not finished."""
        async with _translated():
            return {int(fields["job"]) for _, fields in await self._valkey.xrange(STREAM)}

    async def _begin(self) -> None:
        """The stream and its group, in a server that is new; another worker may have been quicker."""
        try:
            await self._valkey.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _delivery(self, entry: Any) -> Delivery:
        id_, fields = entry
        pending = await self._valkey.xpending_range(STREAM, GROUP, min=id_, max=id_, count=1)
        attempt = int(pending[0]["times_delivered"]) if pending else 1
        return Delivery(id_, int(fields["job"]), fields["statement"], attempt)


def _first_delivery(entry: Any) -> Delivery:
    id_, fields = entry
    return Delivery(id_, int(fields["job"]), fields["statement"], 1)


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (ValkeyError, OSError) as error:
        raise QueueUnavailable(f"the job queue is not available: {error}") from error
