"""The reporter: a loop that reads, and what it shows of it."""

import asyncio
import logging
from collections import Counter as Tally
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request as Asked
from urllib.request import urlopen

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from target_app.metrics import new_registry
from target_app.reports.settings import ReportsSettings

logger = logging.getLogger("target_app.reports")

_TIMEOUT_S = 5
_KEY_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Reporter:
    """Reads the latest experiments and counts them by model. `is_refused`: whether its key is not good any more."""

    def __init__(self, settings: ReportsSettings, registry: CollectorRegistry) -> None:
        self.is_refused = False
        self._settings = settings
        self._reads = Counter("usage_reports_reads_total", "Reads by outcome.", ["outcome"], registry=registry)
        self._experiments = Gauge(
            "usage_reports_experiments", "Of the latest hundred experiments, by model.", ["model"], registry=registry
        )

    async def run(self) -> None:
        """Read again and again, until cancelled."""
        while True:
            outcome = await asyncio.to_thread(self._read)
            self._reads.labels(outcome).inc()
            await asyncio.sleep(self._settings.every_s)

    def _read(self) -> str:
        asked = Asked(f"{self._settings.api_url}/experiments?limit=100", headers={"X-API-Key": self._settings.api_key})
        try:
            with urlopen(asked, timeout=_TIMEOUT_S) as answer:
                experiments = orjson.loads(answer.read())
        except HTTPError as error:
            self.is_refused = error.code in _KEY_REFUSED
            logger.warning("no report: the API answered %d", error.code)
            return "refused" if self.is_refused else "failed"
        except (OSError, HTTPException, ValueError) as error:
            logger.warning("no report: %s", error)
            return "failed"
        self.is_refused = False
        for model, count in Tally(str(each["model"]) for each in experiments).items():
            self._experiments.labels(model).set(count)
        return "ok"


def build_reports(settings: ReportsSettings) -> Starlette:
    """The service around a reporter: `/health`, `/metrics`."""
    registry = new_registry()
    reporter = Reporter(settings, registry)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(reporter.run())
            yield
            reading.cancel()

    async def health(_: Request) -> Response:
        if reporter.is_refused:
            return JSONResponse({"status": "failing", "detail": "the API refuses the key"}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics)], lifespan=lifespan)
