"""Experiments of researchers, kept in PostgreSQL."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from target_app.api.journal import Journal
from target_app.api.problems import Problem
from target_app.database import Database
from target_app.releases import Release

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
    status: str
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
        return Experiment(**rows[0])

    @router.get("/experiments")
    async def list_latest(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Experiment]:
        return [Experiment(**row) for row in await database.fetch(_LATEST, {"limit": limit})]

    @router.get("/experiments/{id}")
    async def read(id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> ExperimentInFull:  # noqa: A002
        rows = await database.fetch(_ONE, {"id": id})
        if not rows:
            raise Problem(404, "Not found", f"there is no experiment {id}")
        return ExperimentInFull(**rows[0], temperature=release.temperature(rows[0]["parameters"]))

    return router
