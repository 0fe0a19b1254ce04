"""Tabletops: opened from a scenario, and read as they stand; what the room may not know is the facilitator's alone."""

import secrets
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from scoring.api.answers import OpenedTabletop, SeenTabletop
from scoring.api.bodies import DrillInPath, NewTabletop
from scoring.api.parts import Facilitator, Reader, Service
from scoring.api.playbooks import shipped
from scoring.api.problems import Problem, unknown, unreadable
from scoring.api.reading import StrictRoute
from scoring.api.table import at_table
from scoring.api.withheld import may_see_truth
from scoring.errors import PlaybookError, TabletopError
from scoring.exercise.kept import open_tabletop
from scoring.exercise.room import seats_of
from scoring.playbook.file import parse_playbook, playbook_text
from scoring.tabletop.file import Prepared, parse_scenario, scenario_names, scenario_text

router = APIRouter(tags=["tabletops"], route_class=StrictRoute)


@router.post(
    "/api/v1/tabletops", status_code=201, response_model=OpenedTabletop, summary="Open a tabletop from a scenario"
)
async def post_tabletop(body: NewTabletop, service: Service, _: Facilitator) -> OpenedTabletop:
    """It is a drill like any other from then on; its clock stands until the facilitator begins."""
    prepared, text, book_text = await run_in_threadpool(_prepare, body)
    at = datetime.now(UTC)
    opening = open_tabletop(
        prepared,
        text,
        drill_id=body.id or new_id(at),
        at=at,
        clock=body.clock,
        team=body.team,
        people=body.people,
    )
    drill = opening.drill
    if not await run_in_threadpool(service.store.create, drill, opening.truth, book_text):
        raise Problem(409, "It is there already", f"there is a drill '{drill.id}'; give the tabletop another id")
    await service.writer.append(drill.id, opening.events)
    seats = seats_of(prepared.scenario, prepared.playbook)
    return OpenedTabletop(id=drill.id, title=prepared.scenario.title, clock=drill.clock, seats=seats)


@router.get("/api/v1/drills/{drill_id}/tabletop", response_model=SeenTabletop, summary="See how a tabletop stands")
def get_tabletop(drill_id: DrillInPath, service: Service, role: Reader) -> Response:
    """What the room was given so far. `injects` and `objectives` with what is expected are the facilitator's until it
    ends; they are null for everybody else.
    """
    table = at_table(service, drill_id, role, role.value)
    is_open = may_see_truth(role, table.record.drill)
    seen = SeenTabletop(
        room=table.room(),
        injects=table.exercise.injects if is_open else None,
        objectives=table.exercise.objectives if is_open else None,
    )
    return Response(seen.model_dump_json(by_alias=True), media_type="application/json")


def new_id(at: datetime) -> str:
    """An id that tells the day and nothing of the scenario."""
    return f"tabletop-{at:%Y%m%d}-{secrets.token_hex(3)}"


def _prepare(body: NewTabletop) -> tuple[Prepared, str, str]:
    """The scenario, its text, and its playbook's. Raises Problem 422 that names the field."""
    if body.scenario_text is not None:
        text, where = body.scenario_text, "#/scenario_text"
    elif body.scenario in scenario_names():
        text, where = scenario_text(body.scenario), "#/scenario"
    else:
        detail = f"there is {unknown('scenario', body.scenario or '', scenario_names())}; or give scenario_text"
        raise unreadable("#/scenario", detail)
    try:
        if body.playbook_text is None:
            prepared = parse_scenario(text, "the scenario")
            return prepared, text, playbook_text(shipped(prepared.scenario.playbook, where))
        book = parse_playbook(body.playbook_text, "the playbook")
        return parse_scenario(text, "the scenario", playbook=book), text, body.playbook_text
    except TabletopError as error:
        raise unreadable(where, str(error)) from None
    except PlaybookError as error:
        raise unreadable("#/playbook_text", str(error)) from None
