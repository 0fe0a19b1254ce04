"""What the scores of all experiments say about each model, kept in the cache because it is dear to work out."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, TypeAdapter

from target_app.api.problems import Problem
from target_app.cache import Cache, CacheUnavailable
from target_app.database import Database

_STATISTICS = "SELECT model, scores, mean, low, high FROM model_statistics(%(confidence)s) ORDER BY model"
_LIMIT_S = 0.9


class ModelStatistics(BaseModel):
    """Mean score of a model and its confidence interval; scores are 0-1."""

    model: str
    scores: int
    mean: float
    low: float
    high: float


_ALL = TypeAdapter(list[ModelStatistics])


def routes(database: Database, cache: Cache) -> APIRouter:
    """`GET /statistics?confidence=95`, the confidence in percent."""
    router = APIRouter(tags=["statistics"])
    last: dict[int, bytes] = {}

    async def work_out(confidence: int) -> bytes:
        try:
            async with asyncio.timeout(_LIMIT_S):
                rows = await database.fetch(_STATISTICS, {"confidence": confidence})
        except TimeoutError:
            raise Problem(503, "Statistics unavailable", f"not worked out within {_LIMIT_S:g} s") from None
        return _ALL.dump_json([ModelStatistics(**row) for row in rows])

    @router.get("/statistics", response_model=list[ModelStatistics])
    async def show(confidence: Annotated[int, Query(ge=50, le=99)] = 95) -> Response:
        key = f"statistics:{confidence}"
        try:
            known = await cache.get(key)
        except CacheUnavailable:
            # The database could not work them out for everybody: old ones will do.
            known = last.get(confidence) or await work_out(confidence)
        if known is None:
            known = await work_out(confidence)
            await cache.set(key, known)
        last[confidence] = known
        return Response(known, media_type="application/json")

    return router
