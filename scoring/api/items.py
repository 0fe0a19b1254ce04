"""Action items: the page on which they are seen, closed and opened again."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.bodies import IdInPath
from scoring.api.filling import caller
from scoring.api.parts import Reader, Service
from scoring.console.render import page
from scoring.review.items import is_overdue

router = APIRouter()

_WRITERS = (Role.FACILITATOR, Role.RESPONDER)
_MOST = 500
_SHOWN = {"open": True, "closed": False, "all": None}

Word = Annotated[str, Query(max_length=500)]


@router.get("/items")
def show_items(
    service: Service,
    role: Reader,
    show: Annotated[str, Query(pattern=f"^({'|'.join(_SHOWN)})$")] = "open",
    failure_mode: Word = "",
    team: Word = "",
) -> Response:
    """What reviews left to do, what is due first at the front."""
    found = service.items.find(_SHOWN[show], _MOST, failure_mode=failure_mode or None, team=team or None)
    today = datetime.now(UTC).date()
    return page(
        "items.html",
        role=role,
        items=found,
        overdue={item.id for item in found if item.closed_at is None and is_overdue(item.due_on, today)},
        show=show,
        shown=tuple(_SHOWN),
        failure_mode=failure_mode,
        team=team,
        may_close=role in _WRITERS,
        most=_MOST,
    )


@router.post("/items/{item_id}/close")
async def close_item(item_id: IdInPath, request: Request, service: Service) -> Response:
    """It is done, says whoever asks; the first word stands."""
    permitted(request, *_WRITERS)
    await run_in_threadpool(service.items.close, item_id, datetime.now(UTC), caller(request))
    return RedirectResponse("/items", 303)


@router.post("/items/{item_id}/reopen")
async def reopen_item(item_id: IdInPath, request: Request, service: Service) -> Response:
    """It is not done after all."""
    permitted(request, *_WRITERS)
    await run_in_threadpool(service.items.reopen, item_id)
    return RedirectResponse("/items?show=all", 303)
