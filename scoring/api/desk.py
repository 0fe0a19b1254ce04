"""How an incident stands, for those who sit at it, and what users were served: as JSON."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from scoring.api.answers import WindowPage
from scoring.api.bodies import DrillInPath
from scoring.api.parts import Reader, Service
from scoring.api.reading import StrictRoute
from scoring.desk import Desk

router = APIRouter(prefix="/api/v1/drills", tags=["events"], route_class=StrictRoute)

_MOST_WINDOWS = 10_000


@router.get("/{drill_id}/desk", response_model=Desk, summary="See how the incident stands")
def get_desk(drill_id: DrillInPath, service: Service, _: Reader) -> Response:
    """Who was paged, what was said, what is due, and a clock for each SLA, as a responder may know it.

    `now` is the service's clock. Of a clock, `used_s` of `limit_s` drill seconds are gone at `now`; it goes on by
    `clock` drill seconds in each second if `is_moving`.
    """
    desk = service.desks.read(drill_id).desk(datetime.now(UTC))
    return Response(desk.model_dump_json(), media_type="application/json")


@router.get("/{drill_id}/impact", response_model=WindowPage, summary="Read load windows")
def get_impact(
    drill_id: DrillInPath,
    service: Service,
    _: Reader,
    after: Annotated[int, Query(ge=0, le=2**53, description="the `next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=_MOST_WINDOWS, description="how many at most")] = _MOST_WINDOWS,
) -> Response:
    """What users were served, in the order of arrival, without the parts by task. New ones are in the stream as well,
    as events named `window`.
    """
    found = service.store.windows_after(drill_id, after, limit)
    told = [window.model_dump(mode="json", exclude={"tasks"}) for window in found]
    return Response(orjson.dumps({"windows": told, "next": after + len(found)}), media_type="application/json")
