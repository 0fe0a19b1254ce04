"""The LLM research API, put together from its parts."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from target_app.api import admin, completions, datasets, experiments, health, jobs, similarity, statistics
from target_app.api.credentials import Credentials
from target_app.api.journal import Journal
from target_app.api.modes import Modes
from target_app.api.problems import Problem, answer_problem
from target_app.api.requests import NOT_USERS, CountRequests, RequestMetrics
from target_app.api.settings import Settings
from target_app.auth.metrics import CredentialMetrics
from target_app.cache.client import Cache
from target_app.cache.metrics import CacheMetrics
from target_app.database.metrics import DatabaseMetrics
from target_app.database.pool import Database, DatabaseRefused, DatabaseUnavailable
from target_app.jobs.desk import JobDesk
from target_app.jobs.metrics import BacklogMetrics
from target_app.jobs.queue import JobQueue, QueueUnavailable
from target_app.jobs.records import JobRecords
from target_app.limits.middleware import LimitRequests
from target_app.metrics import new_registry, show_release
from target_app.releases import Release
from target_app.storage.client import ObjectStore
from target_app.storage.metrics import StorageMetrics
from target_app.upstream.client import CircuitOpen, Failed, RateLimited, Rejected, Upstream
from target_app.upstream.metrics import UpstreamMetrics

logger = logging.getLogger("target_app")

_RETRY_SOON_S = 1.0


def build_app(settings: Settings, release: Release) -> FastAPI:
    """An app that opens its connections when it starts to serve and closes them when it ends."""
    registry = new_registry()
    show_release(registry, release.version)
    database = Database(settings.database, DatabaseMetrics(registry), release)
    cache = Cache(settings.cache, CacheMetrics(registry))
    store = ObjectStore(settings.storage, StorageMetrics(registry))
    upstream = Upstream(settings.upstream, UpstreamMetrics(registry), release)
    credentials = Credentials(settings.verification, CredentialMetrics(registry))
    journal = Journal(release.describe)
    modes = Modes(read_only=settings.read_only, maintenance=settings.maintenance)
    desk = JobDesk(JobRecords(database), JobQueue(settings.queue), BacklogMetrics(registry))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        await cache.open()
        await store.open()
        await upstream.open()
        await release.warm_up(database, upstream)
        journal.open()
        await desk.open()
        logger.info("serving on %s:%d, provider %s", settings.host, settings.port, settings.upstream.provider.name)
        try:
            yield
        finally:
            await journal.close()
            await desk.close()
            await upstream.close()
            await store.close()
            await cache.close()
            await database.close()
            logger.info("ended")

    app = FastAPI(title="LLM Research API", version=release.version, lifespan=lifespan)
    app.add_middleware(LimitRequests, settings=settings.limits, registry=registry, exempt=NOT_USERS)
    # The last one is the outermost: what is turned away counts as well.
    app.add_middleware(CountRequests, metrics=RequestMetrics(registry))
    for router in (experiments.routes(database, journal, release), datasets.routes(store), jobs.routes(desk)):
        app.include_router(router, dependencies=[Depends(modes.keeps_data), Depends(credentials)])
    for router in (similarity.routes(database), statistics.routes(database, cache), completions.routes(upstream)):
        app.include_router(router, dependencies=[Depends(modes.serves), Depends(credentials)])
    for router in (
        health.routes(database, cache, store, upstream, credentials),
        jobs.operator_routes(desk, settings.admin_key),
        admin.routes(upstream, modes, settings.admin_key),
    ):
        app.include_router(router)
    _answer_errors(app)

    @app.get("/metrics", include_in_schema=False)
    async def show_metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _answer_errors(app: FastAPI) -> None:
    """What went wrong below becomes a problem document: 503 for what may pass, 502 for a broken provider."""
    app.add_exception_handler(Problem, answer_problem)

    @app.exception_handler(DatabaseUnavailable)
    async def unavailable(request: Request, error: DatabaseUnavailable) -> Response:
        problem = Problem(503, "Database unavailable", str(error), retry_after_s=_RETRY_SOON_S)
        return await answer_problem(request, problem)

    @app.exception_handler(DatabaseRefused)
    async def refused(request: Request, error: DatabaseRefused) -> Response:
        return await answer_problem(request, Problem(500, "Database error", str(error)))

    @app.exception_handler(QueueUnavailable)
    async def not_accepted(request: Request, error: QueueUnavailable) -> Response:
        problem = Problem(503, "Queue unavailable", str(error), retry_after_s=_RETRY_SOON_S)
        return await answer_problem(request, problem)

    @app.exception_handler(RateLimited)
    async def limited(request: Request, error: RateLimited) -> Response:
        problem = Problem(503, "Provider over capacity", str(error), retry_after_s=error.retry_after_s)
        return await answer_problem(request, problem)

    @app.exception_handler(CircuitOpen)
    async def broken_off(request: Request, error: CircuitOpen) -> Response:
        problem = Problem(503, "Provider switched off", str(error), retry_after_s=_RETRY_SOON_S)
        return await answer_problem(request, problem)

    @app.exception_handler(Failed)
    @app.exception_handler(Rejected)
    async def failed(request: Request, error: Exception) -> Response:
        return await answer_problem(request, Problem(502, "Provider failed", str(error)))
