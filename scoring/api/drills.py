"""Drills: opened, given a baseline, ended, listed, read whole, proven whole."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from scoring.api.answers import DrillPage, Opened, SeenDrill, Whole
from scoring.api.auth import Role
from scoring.api.bodies import DrillInPath, End, NewBaseline, NewDrill, NewEvent
from scoring.api.cursors import After, Limit, cursor, position
from scoring.api.events import need_order
from scoring.api.known import read_playbook
from scoring.api.parts import Reader, Recorder, Service
from scoring.api.playbooks import shipped
from scoring.api.problems import Problem, unknown, unreadable
from scoring.api.reading import StrictRoute
from scoring.api.withheld import drill_for, may_see_truth, timeline_for
from scoring.errors import PlaybookError, RecordError
from scoring.playbook import Playbook
from scoring.playbook.file import parse_playbook, playbook_text
from scoring.timeline import Timeline

router = APIRouter(prefix="/api/v1/drills", tags=["drills"], route_class=StrictRoute)


@router.post(
    "",
    status_code=201,
    response_model=Opened,
    summary="Open a drill",
    responses={200: {"description": "It was open already, with the same definition", "model": Opened}},
)
def open_drill(body: NewDrill, service: Service, _: Recorder, response: Response) -> Opened:
    """The same again is answered 200, another definition under the same id 409. Its truth is withheld until it ends."""
    book, text = _playbook(body)
    said = body.truth.severity.get(book.name)
    if said is not None and book.gravity(said) is None:
        detail = f"playbook {book.name} has {unknown('level', said, [level.id for level in book.levels])}"
        raise unreadable(f"#/truth/severity/{book.name}", detail)
    drill = body.drill().model_copy(update={"playbook": book.name})
    if not service.store.create(drill, body.truth, text):
        response.status_code = 200
    return Opened(id=body.id)


@router.get("", response_model=DrillPage, summary="List drills")
def list_drills(
    service: Service,
    role: Reader,
    after: After = None,
    limit: Limit = 1000,
    team: Annotated[str | None, Query(max_length=200)] = None,
    game_day: Annotated[str | None, Query(max_length=200)] = None,
    running: Annotated[bool | None, Query(description="only those that run, or only those that have ended")] = None,
) -> DrillPage:
    """Oldest first, page by page."""
    found = service.store.drills(position("drills", after), limit, team=team, game_day=game_day, running=running)
    shown = [drill_for(role, each.drill, each.truth, each.events) for each in found]
    return DrillPage(drills=shown, next=cursor("drills", found[-1].position) if len(found) == limit else None)


@router.get("/{drill_id}", response_model=SeenDrill, summary="Read a drill")
def get_drill(drill_id: DrillInPath, service: Service, role: Reader) -> SeenDrill:
    """`truth` and `experiment` are null for all but the facilitator until it ends."""
    return drill_for(role, *service.store.drill(drill_id))


@router.put("/{drill_id}/baseline", response_model=Opened, summary="Keep the baseline")
async def put_baseline(drill_id: DrillInPath, body: NewBaseline, service: Service, _: Recorder) -> Opened:
    """What was normal before the injection; it is taken once."""
    await run_in_threadpool(service.store.set_baseline, drill_id, body)
    service.boards.forget(drill_id)
    service.feeds.scored_anew(drill_id)
    return Opened(id=drill_id)


@router.post("/{drill_id}/end", response_model=SeenDrill, summary="End a drill")
async def end_drill(drill_id: DrillInPath, body: End, service: Service, role: Recorder) -> SeenDrill:
    """The first word stands. From now on its truth can be read, and what is unfinished is censored."""
    known = await service.known.get(drill_id)
    need_order(known.drill, body.ended_at, "#/ended_at")
    ended = NewEvent(kind="drill.ended", occurred_at=body.ended_at, source="runner", key="drill.ended")
    if (await run_in_threadpool(service.store.drill, known.drill.id))[0].ended_at is None:
        await service.writer.append(drill_id, [ended.event()], first_stands=True)
    return drill_for(role, *await run_in_threadpool(service.store.drill, drill_id))


@router.get("/{drill_id}/timeline", response_model=Timeline, tags=["timelines"], summary="Read a whole timeline")
def get_timeline(drill_id: DrillInPath, service: Service, role: Reader) -> Response:
    """Drill, truth, baseline, events and load windows, proven whole: 409 names the first bent event.

    `gameday score` takes this file as it is. While the drill runs, what tells the truth is left out.
    """
    try:
        timeline = timeline_for(role, service.store.timeline(drill_id))
    except RecordError as error:
        raise _bent(drill_id, service, role, error) from None
    return Response(timeline.to_json(), media_type="application/json")


@router.get("/{drill_id}/verify", response_model=Whole, tags=["timelines"], summary="Prove a timeline whole")
def verify_drill(drill_id: DrillInPath, service: Service, role: Reader) -> Whole:
    """Walks the chain of hashes; 409 names the first bent event."""
    try:
        proof = service.store.verify(drill_id)
    except RecordError as error:
        raise _bent(drill_id, service, role, error) from None
    open_ = may_see_truth(role, service.store.drill(drill_id)[0])
    return Whole(
        drill=drill_id,
        whole=True,
        events=proof.events if open_ else None,
        windows=proof.windows,
        head=proof.head if open_ else None,
    )


def _bent(drill_id: str, service: Service, role: Reader, error: RecordError) -> Exception:
    """The error, unless it would name an event that its reader may not know of."""
    try:
        open_ = may_see_truth(role, service.store.drill(drill_id)[0])
    except RecordError:
        open_ = role is Role.FACILITATOR
    if open_:
        return error
    return Problem(
        409, "The record was bent", f"the record of drill {drill_id} does not add up; its facilitator sees where"
    )


def _playbook(body: NewDrill) -> tuple[Playbook, str]:
    if body.playbook_text is None:
        text = playbook_text(shipped(body.playbook, "#/playbook"))
        return read_playbook(text), text
    try:
        return parse_playbook(body.playbook_text, body.playbook), body.playbook_text
    except PlaybookError as error:
        raise unreadable("#/playbook_text", str(error)) from None
