"""A worker: takes jobs from the queue, has them verified, and writes down what came of them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import perf_counter

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from target_app.database.metrics import DatabaseMetrics
from target_app.database.pool import Database, DatabaseRefused, DatabaseUnavailable
from target_app.jobs.metrics import WorkerMetrics
from target_app.jobs.queue import Delivery, JobQueue, QueueUnavailable
from target_app.jobs.records import JobRecords
from target_app.jobs.settings import WorkerSettings
from target_app.jobs.verifying import Verdict, VerifierClient, VerifierUnavailable
from target_app.metrics import new_registry
from target_app.releases import Release

logger = logging.getLogger("target_app.worker")

_REST_S = 0.5
"""After something was not available; it may be back by then."""
_GRACE_S = 1.0


class Worker:
    """Works on `settings.concurrency` jobs at once until told to stop. What it does not finish, another one will."""

    def __init__(self, settings: WorkerSettings, records: JobRecords, metrics: WorkerMetrics) -> None:
        self._settings = settings
        self._queue = JobQueue(settings.queue)
        self._records = records
        self._verifier = VerifierClient(settings.verifier)
        self._metrics = metrics
        self._is_ending = False

    async def run(self) -> None:
        """Until cancelled, or `stop` and the jobs under way are over."""
        await self._verifier.open()
        try:
            async with asyncio.TaskGroup() as hands:
                for number in range(self._settings.concurrency):
                    hands.create_task(self._work(f"{self._settings.name}-{number}"))
        finally:
            await self._verifier.close()
            await self._queue.close()

    def stop(self) -> None:
        """Take no more jobs."""
        self._is_ending = True

    async def _work(self, name: str) -> None:
        while not self._is_ending:
            try:
                delivery = await self._queue.take(name)
                if delivery is not None:
                    await self._perform(delivery)
            except QueueUnavailable as error:
                await self._put_back("queue", error)
            except (DatabaseUnavailable, DatabaseRefused) as error:
                await self._put_back("database", error)
            except VerifierUnavailable as error:
                await self._put_back("verifier", error)

    async def _perform(self, delivery: Delivery) -> None:
        began = perf_counter()
        verdict = await self._verdict(delivery)
        await self._records.finish(delivery.job, verdict.status, verdict.result)
        await self._queue.finish(delivery)
        self._metrics.seconds.observe(perf_counter() - began)
        self._metrics.finished.labels(verdict.status).inc()
        if verdict.status == "failed":
            logger.error("verification_result job %d failed: %s", delivery.job, verdict.result.get("detail"))

    async def _verdict(self, delivery: Delivery) -> Verdict:
        try:
            return await self._verifier.verify(delivery.statement)
        except VerifierUnavailable as error:
            if delivery.attempt < self._settings.max_attempts:
                raise
            return Verdict("failed", {"detail": f"{error}, {delivery.attempt} times"})

    async def _put_back(self, reason: str, error: Exception) -> None:
        """The queue delivers it again when its visibility time-out is over."""
        self._metrics.put_back.labels(reason).inc()
        logger.warning("put back: %s", error)
        await asyncio.sleep(_REST_S)


def build_worker(settings: WorkerSettings, release: Release) -> Starlette:
    """A worker as long as it is served, with `/health` and `/metrics`."""
    registry = new_registry()
    database = Database(settings.database, DatabaseMetrics(registry), release, application_name="experiment-worker")
    worker = Worker(settings, JobRecords(database), WorkerMetrics(registry))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await database.open()
        working = asyncio.create_task(worker.run(), name="worker")
        logger.info("working, verifier %s %s", settings.verifier.backend, settings.verifier.version)
        try:
            yield
        finally:
            worker.stop()
            await asyncio.wait([working], timeout=_GRACE_S)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            await database.close()
            logger.info("ended")

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics)], lifespan=lifespan)
