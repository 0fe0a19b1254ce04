"""Pages for a browser that is signed in: the drills, one drill, and what became of all of them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from scoring.api.auth import Role
from scoring.api.bodies import DrillInPath
from scoring.api.parts import Parts, Reader, Service
from scoring.api.sitting import sit
from scoring.api.withheld import drill_for, event_for, may_see_truth
from scoring.console.assets import MEDIA_TYPES, asset, packed, stamp_of
from scoring.console.render import page
from scoring.desk.sentences import tell
from scoring.desk.served import impact_in_words
from scoring.errors import RecordError
from scoring.record.reviews import left_open
from scoring.review.lessons import lessons
from scoring.scorecard import Scorecard
from scoring.scorecard.observed import observed
from scoring.scorecard.sla import TITLES
from scoring.timeline import Drill, Event, Truth

router = APIRouter()

_DRILLS, _EVENTS, _LINES, _TRENDS, _ITEMS = 50, 500, 20, 100, 100
_LOOK = "oracle.checked"
_FOR_GOOD = "private, max-age=31536000, immutable"
_LIVE_SCORES = 10
"""Of so many running drills does the list show the score so far; each one is kept up to date from then on."""


@router.get("/style.css")
@router.get("/icon.svg")
@router.get("/console.js")
@router.get("/plotly.js")
def send_asset(request: Request, v: str = "", accept_encoding: Annotated[str, Header()] = "") -> Response:
    """What pages load; kept for good by whoever asked for exactly these bytes."""
    name = request.url.path.lstrip("/")
    is_packed = "gzip" in accept_encoding
    headers = {"Cache-Control": _FOR_GOOD if v == stamp_of(name) else "max-age=3600", "Vary": "Accept-Encoding"}
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(packed(name) if is_packed else asset(name), media_type=MEDIA_TYPES[name], headers=headers)


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
        items=service.items.find(limit=_ITEMS),
    )


@router.get("/drills/{drill_id}")
def show_drill(
    drill_id: DrillInPath,
    request: Request,
    service: Service,
    role: Reader,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Response:
    """One drill: its scorecard, if it may be seen, its timeline, page by page, and once it has ended its charts."""
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
        told=lessons(card) if card is not None and drill.ended_at is not None else None,
        asked=_asked(service, drill, truth),
        **_looked_back(request, service, drill, role, card),
        card=card,
        no_card=no_card,
        titles=TITLES,
        after=after,
        events=list(_without_repeats([_told(seq, event) for seq, event in shown if event is not None])),
        more=found[-1][0] if len(found) == _EVENTS else None,
    )


def _asked(service: Parts, drill: Drill, truth: Truth) -> tuple[str, ...]:
    """What the last time left open, once the drill has ended."""
    if drill.ended_at is None:
        return ()
    today = datetime.now(UTC).date()
    return tuple(item.asked(today) for item in left_open(drill, truth, service.engine, service.past))


def _score_so_far(service: Parts, drill_id: str) -> float | None:
    try:
        return service.boards.scorecard(drill_id).score
    except RecordError:
        return None


def _looked_back(request: Request, service: Parts, drill: Drill, role: Role, card: Scorecard | None) -> dict[str, Any]:
    """What the page of a drill that has ended shows besides: how it went, and what observers noted."""
    if drill.ended_at is None:
        return {"desk": None}
    sitting = sit(request, service, drill.id, role)
    limits = sitting.record.playbook.verification
    return {
        "desk": sitting.desk,
        "served": sitting.served,
        "impact": impact_in_words(sitting.served, limits),
        "seen": observed(sitting.record.events, card),
    }


def _without_repeats(lines: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each look of the oracle that saw something else than the one before: it looks every second."""
    seen = None
    for line in lines:
        if line["kind"] != _LOOK or line["told"] != seen:
            yield line
        if line["kind"] == _LOOK:
            seen = line["told"]


def _told(seq: int, event: Event) -> dict[str, Any]:
    return {
        "seq": seq,
        "occurred_at": event.occurred_at,
        "kind": event.kind,
        "source": event.source,
        "told": tell(event).text,
    }
