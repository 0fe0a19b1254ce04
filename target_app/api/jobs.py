"""Jobs of researchers: a statement is accepted at once and verified when a worker has time."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from target_app.api.admin import check_admin_key
from target_app.api.problems import Problem
from target_app.jobs.desk import JobDesk


class NewJob(BaseModel):
    """A propositional statement, such as `p and q -> p`."""

    statement: str = Field(min_length=1, max_length=2000)


class Job(NewJob):
    """A job as it is kept. `status` is queued, and in the end proved, refuted, invalid, or failed without an answer."""

    id: int
    status: str
    result: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


def routes(desk: JobDesk) -> APIRouter:
    """`POST /jobs`, `GET /jobs/{id}`."""
    router = APIRouter(tags=["jobs"])

    @router.post("/jobs", status_code=202)
    async def submit(new: NewJob) -> Job:
        return Job(**await desk.submit(new.statement))

    @router.get("/jobs/{id}")
    async def read(id: Annotated[int, Field(ge=1, le=2**63 - 1)]) -> Job:  # noqa: A002 - the name in the route
        row = await desk.read(id)
        if row is None:
            raise Problem(404, "Not found", f"there is no job {id}")
        return Job(**row)

    return router


def operator_routes(desk: JobDesk, admin_key: str) -> APIRouter:
    """`POST /admin/jobs/requeue` with the header `X-Admin-Key`: jobs that are in no queue are put into it again."""
    router = APIRouter(prefix="/admin", tags=["admin"])

    @router.post("/jobs/requeue")
    async def requeue(x_admin_key: Annotated[str, Header()] = "") -> dict[str, int]:
        check_admin_key(x_admin_key, admin_key)
        return {"requeued": await desk.requeue_lost()}

    return router
