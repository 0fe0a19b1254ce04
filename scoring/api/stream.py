"""A drill as it happens, as server-sent events: each viewer goes on from where it was, as slowly as it likes."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role
from scoring.api.bodies import DrillInPath
from scoring.api.parts import Reader, Service
from scoring.api.problems import Problem
from scoring.api.viewing import Viewer, Viewing

router = APIRouter(prefix="/api/v1/drills", tags=["events"])

_MOST_VIEWERS = 2_000


@router.get(
    "/{drill_id}/stream",
    response_class=Response,
    summary="Watch a drill",
    responses={
        200: {
            "description": "The drill as it happens",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "The drill has ended and you have seen all of it: there is nothing to come back for"},
    },
)
async def watch(
    drill_id: DrillInPath,
    request: Request,
    service: Service,
    role: Reader,
    after: Annotated[int, Query(ge=0, le=2**53, description="begin after this seq")] = 0,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,15}$", description="where a viewer was")] = None,
) -> Response:
    """Every event so far and from now on, its seq as `id`: a viewer that comes back with `Last-Event-ID` misses none.

    The facilitator gets the scorecard, too, as events named `scorecard`. While the drill runs, what tells the truth is
    left out for all others. With the drill's end comes an event named `end`, and the stream is over.
    """
    position = after if last_event_id is None else int(last_event_id)
    drill, _truth, events = await run_in_threadpool(service.store.drill, drill_id)
    if drill.ended_at is not None and last_event_id is not None and position >= events:
        return Response(status_code=204)
    if service.feeds.viewers >= _MOST_VIEWERS:
        raise Problem(503, "Too many watch", "come back in a while", headers={"Retry-After": "10"})
    token = request.scope["gameday.secret"]
    viewer = Viewer(service, drill_id, truth=role is Role.FACILITATOR, token=token)
    return Viewing(viewer.see(position), headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
