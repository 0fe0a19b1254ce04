"""What the scores of all experiments say about each model, kept in the cache because it is dear to work out."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, TypeAdapter

from target_app.api.problems import Problem
from target_app.cache.client import Cache, CacheUnavailable
from target_app.database.pool import Database

_STATISTICS = "SELECT * FROM model_statistics(%(confidence)s, %(resamples)s) ORDER BY model"
_PATIENCE_S = 0.9


class ModelStatistics(BaseModel):
    """Mean score of a model and its confidence interval; scores are 0-1."""

    model: str
    scores: int
    mean: float
    low: float
    high: float


_ALL = TypeAdapter(list[ModelStatistics])


def routes(database: Database, cache: Cache) -> APIRouter:
    """`GET /statistics?confidence=95&resamples=40`; the confidence is in percent, more resamples are more exact."""
    router = APIRouter(tags=["statistics"])
    last: dict[str, bytes] = {}
    turn = asyncio.Lock()

    async def work_out(confidence: int, resamples: int) -> bytes:
        """One at a time, so that they never hold more than one connection. Whoever waits too long goes away."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await turn.acquire()
        except TimeoutError:
            raise Problem(503, "Statistics unavailable", "too many are being worked out") from None
        try:
            rows = await database.fetch(_STATISTICS, {"confidence": confidence, "resamples": resamples})
        finally:
            turn.release()
        return _ALL.dump_json([ModelStatistics(**row) for row in rows])

    @router.get("/statistics", response_model=list[ModelStatistics])
    async def show(
        confidence: Annotated[int, Query(ge=50, le=99)] = 95, resamples: Annotated[int, Query(ge=20, le=1000)] = 40
    ) -> Response:
        key = f"statistics:{confidence}:{resamples}"
        try:
            known = await cache.get(key)
        except CacheUnavailable:
            # The database could not work them out for everybody: old ones will do.
            known = last.get(key) or await work_out(confidence, resamples)
        if known is None:
            known = await work_out(confidence, resamples)
            await cache.set(key, known)
        last[key] = known
        return Response(known, media_type="application/json")

    return router
