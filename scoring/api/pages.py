"""Pages for a browser that is signed in: the drills, one drill, and what became of all of them."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from scoring.api.auth import Role
from scoring.api.bodies import DrillInPath
from scoring.api.parts import Parts, Reader, Service
from scoring.api.withheld import drill_for, event_for, may_see_truth
from scoring.console.render import STYLE, page
from scoring.errors import RecordError
from scoring.scorecard.sla import TITLES
from scoring.timeline import Event

router = APIRouter()

_DRILLS, _EVENTS, _LINES, _TRENDS, _ITEMS = 50, 500, 20, 100, 100
_LIVE_SCORES = 10
"""Of so many running drills does the list show the score so far; each one is kept up to date from then on."""


@router.get("/style.css")
async def style() -> Response:
    """The one style sheet."""
    return Response(_style(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})


@router.get("/")
def show_drills(
    service: Service, role: Reader, before: Annotated[int | None, Query(ge=2, le=2**53)] = None
) -> Response:
    """The drills, newest first, page by page."""
    last = (before or service.overview.last_position() + 1) - 1
    listed = service.store.drills(max(0, last - _DRILLS), min(last, _DRILLS)) if last else []
    listed.reverse()
    earned = service.overview.earned(each.drill.id for each in listed)
    scores = {name: f"{each.score:g} {each.mark}" for name, each in earned.items() if each.score is not None}
    if role is Role.FACILITATOR:
        running = [each.drill.id for each in listed if each.drill.ended_at is None][:_LIVE_SCORES]
        scores |= {name: f"{score:g} so far" for name in running if (score := _score_so_far(service, name)) is not None}
    return page(
        "drills.html",
        role=role,
        drills=[drill_for(role, each.drill, each.truth, each.events) for each in listed],
        scores=scores,
        older=listed[-1].position if listed and listed[-1].position > 1 else None,
    )


@router.get("/history")
def show_history(service: Service, role: Reader) -> Response:
    """What became of the drills that have ended."""
    return page(
        "history.html",
        role=role,
        standings=service.history.leaderboard("team", limit=_LINES),
        best=service.history.leaderboard("drill", limit=_LINES),
        trends=service.history.trends(limit=_TRENDS),
        measures=TITLES,
        items=service.history.action_items(limit=_ITEMS),
    )


@router.get("/drills/{drill_id}")
def show_drill(
    drill_id: DrillInPath, service: Service, role: Reader, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> Response:
    """One drill: its scorecard, if it may be seen, and its timeline, page by page."""
    drill, truth, count = service.store.drill(drill_id)
    found = service.store.events_after(drill_id, after, _EVENTS)
    shown = [(seq, event_for(role, drill, event)) for seq, event in found]
    card, no_card = None, "The scorecard tells what is wrong; it can be read once the drill has ended."
    if may_see_truth(role, drill):
        try:
            card = service.boards.scorecard(drill_id)
        except RecordError as error:
            no_card = f"There is none: {error}."
    return page(
        "drill.html",
        role=role,
        drill=drill_for(role, drill, truth, count),
        card=card,
        no_card=no_card,
        titles=TITLES,
        after=after,
        events=[_told(seq, event) for seq, event in shown if event is not None],
        more=found[-1][0] if len(found) == _EVENTS else None,
    )


def _score_so_far(service: Parts, drill_id: str) -> float | None:
    try:
        return service.boards.scorecard(drill_id).score
    except RecordError:
        return None


def _told(seq: int, event: Event) -> dict[str, Any]:
    about = (
        event.alert_name,
        *(event.text(name) for name in ("severity", "role", "to", "audience", "text", "command")),
    )
    told = " · ".join(part for part in about if part)
    return {
        "seq": seq,
        "occurred_at": event.occurred_at,
        "kind": event.kind,
        "source": event.source,
        "told": told[:500],
    }


@cache
def _style() -> bytes:
    return STYLE.read_bytes()
