"""What became of the drills that have ended: best, trends, runs with their statistics, open action items."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from scoring.api.answers import ItemPage, Leaderboard, Runs, TrendPage
from scoring.api.bodies import Closing, DrillInPath, IdInPath, Moment
from scoring.api.cursors import After, Limit, cursor, position
from scoring.api.parts import Reader, Responder, Service
from scoring.api.reading import StrictRoute
from scoring.api.withheld import need_truth
from scoring.record.items import Item
from scoring.series import summarise

router = APIRouter(prefix="/api/v1", tags=["history"], route_class=StrictRoute)

Word = Annotated[str | None, Query(max_length=500)]
_MOST_RUNS = 1000


@router.get("/leaderboard", response_model=Leaderboard, summary="Who is best")
def get_leaderboard(
    service: Service,
    _: Reader,
    by: Literal["team", "person", "drill"] = "team",
    playbook: Word = None,
    failure_mode: Word = None,
    after: After = None,
    limit: Limit = 20,
) -> Leaderboard:
    """By average score over scored drills in which something was injected; the same average has the same rank."""
    start = position("leaderboard", after)
    found = service.history.leaderboard(by, playbook, failure_mode, start + limit)
    return Leaderboard(by=by, standings=found[start:], next=_next("leaderboard", start, limit, len(found)))


@router.get("/trends", response_model=TrendPage, summary="What changes from quarter to quarter")
def get_trends(
    service: Service,
    _: Reader,
    playbook: Word = None,
    failure_mode: Word = None,
    team: Word = None,
    since: Annotated[Moment | None, Query(description="from the quarter of this instant on")] = None,
    after: After = None,
    limit: Limit = 400,
) -> TrendPage:
    """Each measure per failure mode, team and quarter, with the best and the worst drill; newest quarter first."""
    start = position("trends", after)
    found = service.history.trends(playbook, failure_mode, team, since, start + limit)
    return TrendPage(trends=found[start:], next=_next("trends", start, limit, len(found)))


@router.get("/runs", response_model=Runs, summary="Several runs, with their statistics")
def get_runs(
    service: Service,
    _: Reader,
    experiment: Word = None,
    failure_mode: Word = None,
    playbook: Word = None,
    team: Word = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_RUNS, description="of how many of the latest runs")] = _MOST_RUNS,
) -> Runs:
    """Of the latest scored runs: how many, censored, median, P85, how often each SLA was met with its Wilson interval.

    A miss is in no average, and nothing is called a trend on fewer than five runs.
    """
    found = service.history.runs(
        experiment=experiment, failure_mode=failure_mode, playbook=playbook, team=team, limit=limit
    )
    runs = max((len(values) for values in found.values()), default=0)
    return Runs(runs=runs, measures={name: summarise(values) for name, values in found.items()})


@router.get("/action-items", response_model=ItemPage, summary="What reviews ask for")
def list_action_items(
    service: Service,
    _: Reader,
    open: Annotated[bool | None, Query(description="only open or only closed ones")] = True,  # noqa: A002
    failure_mode: Word = None,
    team: Word = None,
    after: After = None,
    limit: Limit = 1000,
) -> ItemPage:
    """What is due first at the front."""
    start = position("items", after)
    found = service.items.find(open, start + limit, failure_mode=failure_mode, team=team)
    return ItemPage(action_items=found[start:], next=_next("items", start, limit, len(found)))


@router.post("/action-items/{item_id}/close", response_model=Item, summary="Close an action item")
def close_action_item(item_id: IdInPath, body: Closing, service: Service, _: Responder) -> Item:
    """It is done; the first word stands."""
    return service.items.close(item_id, body.closed_at or datetime.now(UTC), body.closed_by)


@router.get("/drills/{drill_id}/from-last-time", response_model=ItemPage, summary="Ask what the last time left open")
def get_from_last_time(drill_id: DrillInPath, service: Service, role: Reader) -> ItemPage:
    """Open action items of earlier drills of the same failure mode and team; withheld as the scorecard is."""
    drill, truth, _ = service.store.drill(drill_id)
    need_truth(role, drill, "what the last time left open")
    return ItemPage(action_items=service.items.from_last_time(drill, truth.failure_mode), next=None)


def _next(of: str, start: int, limit: int, found: int) -> str | None:
    return cursor(of, start + limit) if found == start + limit else None
