"""Game days: several drills in order, with one scoreboard."""

from typing import Annotated

from fastapi import APIRouter, Path

from scoring.api.answers import DayDrill, DayShown, GameDayPage
from scoring.api.cursors import After, Limit, cursor, position
from scoring.api.parts import Reader, Service
from scoring.api.problems import Problem
from scoring.api.reading import StrictRoute
from scoring.api.withheld import drill_for

router = APIRouter(prefix="/api/v1/game-days", tags=["game days"], route_class=StrictRoute)


@router.get("", response_model=GameDayPage, summary="List game days")
def list_game_days(service: Service, _: Reader, after: After = None, limit: Limit = 1000) -> GameDayPage:
    """Oldest first, page by page."""
    found = service.overview.game_days(position("days", after), limit)
    return GameDayPage(game_days=found, next=cursor("days", found[-1].position) if len(found) == limit else None)


@router.get("/{name:path}", response_model=DayShown, summary="Read a game day")
def get_game_day(
    name: Annotated[str, Path(min_length=1, max_length=200, examples=["2026-Q1"])],
    service: Service,
    role: Reader,
    after: After = None,
    limit: Limit = 1000,
) -> DayShown:
    """Its drills in order, each that has ended with what it earned; `average` is of the scores on this page."""
    listed = service.store.drills(position("drills", after), limit, game_day=name)
    if not listed and after is None:
        raise Problem(404, "No such game day", f"there is no game day '{name}'; GET /api/v1/game-days lists them")
    earned = service.overview.earned(each.drill.id for each in listed)
    drills = [
        DayDrill(drill=drill_for(role, each.drill, each.truth, each.events), earned=earned.get(each.drill.id))
        for each in listed
    ]
    scores = [each.earned.score for each in drills if each.earned is not None and each.earned.score is not None]
    return DayShown(
        name=name,
        drills=drills,
        average=round(sum(scores) / len(scores), 2) if scores else None,
        next=cursor("drills", listed[-1].position) if len(listed) == limit else None,
    )
