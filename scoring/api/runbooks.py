"""The runbooks that a drill carries, for whoever cannot reach where they lie.

They are no part of the truth: whoever may read the drill may read them. So a runner gives all that its alerts could
name, for those of a single fault would tell which it is.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from scoring.api.answers import RunbookEntry, RunbookList, RunbookShown
from scoring.api.bodies import DrillInPath, NewRunbooks
from scoring.api.parts import Parts, Reader, Recorder, Service
from scoring.api.reading import StrictRoute
from scoring.desk.runbooks import MOST_RUNBOOKS

router = APIRouter(prefix="/api/v1/drills/{drill_id}/runbooks", tags=["drills"], route_class=StrictRoute)

RunbookInPath = Annotated[int, Path(ge=1, le=MOST_RUNBOOKS, description="its number in the drill", examples=[1])]


@router.put("", response_model=RunbookList, summary="Give a drill its runbooks")
async def put_runbooks(drill_id: DrillInPath, body: NewRunbooks, service: Service, _: Recorder) -> RunbookList:
    """All that its alerts may lead to, in the place of those that it had. Everybody may read them: give what your
    alerts name, whatever is really wrong.
    """
    await run_in_threadpool(service.runbooks.put, drill_id, body)
    return await run_in_threadpool(_listed, service, drill_id)


@router.get("", response_model=RunbookList, summary="List a drill's runbooks")
def list_runbooks(drill_id: DrillInPath, service: Service, _: Reader) -> RunbookList:
    """Address and title of each: the title is its first heading of the first level, without one its address."""
    return _listed(service, drill_id)


@router.get("/{number}", response_model=RunbookShown, summary="Read a runbook")
def get_runbook(drill_id: DrillInPath, number: RunbookInPath, service: Service, _: Reader) -> RunbookShown:
    """One of a drill's runbooks, as Markdown."""
    book = service.runbooks.read(drill_id, number)
    return RunbookShown(number=number, address=book.address, title=book.title, text=book.text)


def _listed(service: Parts, drill_id: str) -> RunbookList:
    shelf = service.runbooks.shelf(drill_id)
    return RunbookList(runbooks=[RunbookEntry(**vars(each)) for each in shelf])
