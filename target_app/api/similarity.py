"""Which experiments are most like one, by their names and how their prompts begin."""

from difflib import SequenceMatcher
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from target_app.api.problems import Problem
from target_app.database.pool import Database

_OPENING = 60  # characters; a whole prompt against every other would take seconds
_ONE = f"SELECT name, left(prompt, {_OPENING}) AS prompt FROM experiments WHERE id = %(id)s"
_OTHERS = f"""
    SELECT id, name, left(prompt, {_OPENING}) AS prompt
    FROM experiments WHERE id <> %(id)s ORDER BY id DESC LIMIT %(among)s
"""
_MOST_SIMILAR = 10


class Similar(BaseModel):
    """Another experiment; `likeness` is 1 for the same words and 0 for none in common."""

    id: int
    name: str
    likeness: float


def routes(database: Database) -> APIRouter:
    """`GET /experiments/{id}/similar`."""
    router = APIRouter(tags=["experiments"])

    @router.get("/experiments/{id}/similar")
    async def similar(
        id: Annotated[int, Field(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the route
        among: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[Similar]:
        rows = await database.fetch(_ONE, {"id": id})
        if not rows:
            raise Problem(404, "Not found", f"there is no experiment {id}")
        return most_similar(rows[0], await database.fetch(_OTHERS, {"id": id, "among": among}))

    return router


def most_similar(one: dict[str, Any], others: list[dict[str, Any]]) -> list[Similar]:
    """The others in the order of their likeness, at most ten. Compares each with each word by word."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(f"{one['name']} {one['prompt']}")
    found = []
    for other in others:
        matcher.set_seq1(f"{other['name']} {other['prompt']}")
        found.append(Similar(id=other["id"], name=other["name"], likeness=round(matcher.ratio(), 3)))
    return sorted(found, key=lambda each: -each.likeness)[:_MOST_SIMILAR]
