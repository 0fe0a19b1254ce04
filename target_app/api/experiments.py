"""Experiments of researchers, kept in PostgreSQL."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field, ValidationError

from target_app.api.journal import Journal
from target_app.api.problems import Problem
from target_app.database.pool import Database
from target_app.experiment_states import State
from target_app.releases import Release

logger = logging.getLogger("target_app.experiments")

Kept = TypeVar("Kept", bound=BaseModel)

_COLUMNS = "id, name, model, prompt, parameters, status, created_at"
_INSERT = f"""
    INSERT INTO experiments (name, model, prompt, parameters)
    VALUES (%(name)s, %(model)s, %(prompt)s, %(parameters)s) RETURNING {_COLUMNS}
"""
_LATEST = f"SELECT {_COLUMNS} FROM experiments ORDER BY id DESC LIMIT %(limit)s"
_ONE = f"SELECT {_COLUMNS} FROM experiments WHERE id = %(id)s"


class NewExperiment(BaseModel):
    """What a researcher submits."""

    name: str = Field(min_length=1, max_length=200)
    model: str = Field(default="small", min_length=1, max_length=100)
    prompt: str = Field(default="", max_length=20_000)
    parameters: dict[str, Any] = Field(default_factory=dict)


class Experiment(NewExperiment):
    """An experiment as it is kept."""

    id: int
    status: State
    created_at: datetime


class ExperimentInFull(Experiment):
    """One experiment, with what its parameters mean."""

    temperature: float | None


def routes(database: Database, journal: Journal, release: Release) -> APIRouter:
    """`POST /experiments`, `GET /experiments`, `GET /experiments/{id}`."""
    router = APIRouter(tags=["experiments"])

    @router.post("/experiments", status_code=201)
    async def create(new: NewExperiment) -> Experiment:
        rows = await database.fetch(_INSERT, {**new.model_dump(), "parameters": Jsonb(new.parameters)})
        journal.note(rows[0])
        return _read(Experiment, rows[0])

    @router.get("/experiments")
    async def list_latest(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Experiment]:
        return [_read(Experiment, row) for row in await database.fetch(_LATEST, {"limit": limit})]

    @router.get("/experiments/{id}")
    async def read(id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> ExperimentInFull:  # noqa: A002
        rows = await database.fetch(_ONE, {"id": id})
        if not rows:
            raise Problem(404, "Not found", f"there is no experiment {id}")
        return _read(ExperimentInFull, rows[0], temperature=release.temperature(rows[0]["parameters"]))

    return router


def _read(model: type[Kept], row: Mapping[str, Any], **more: Any) -> Kept:
    """A row as users see it. Raises `Problem` for a row that cannot be true; what is wrong with it goes to the log."""
    try:
        return model(**row, **more)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        logger.error("experiment %s is damaged: %s: %s", row["id"], where, first["msg"])
        raise Problem(500, "Data damaged", f"experiment {row['id']} fails its validation: {where}") from None
