"""Events and load windows of a drill: written one by one or in batches, and read on from a position."""

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from scoring.api.answers import EventPage, NewWindows, Receipt
from scoring.api.auth import Role, asker_of
from scoring.api.bodies import NEW_EVENT, NEW_EVENTS, DrillInPath, NewEvent, Windows
from scoring.api.known import Known
from scoring.api.openapi import DRILL_ID, takes
from scoring.api.parts import Parts, Reader, Recorder, Service
from scoring.api.problems import Fault, Problem, unknown, unreadable
from scoring.api.reading import StrictRoute, read_body, validated
from scoring.api.said import refusal
from scoring.api.withheld import event_for
from scoring.canonical import write_instant
from scoring.record.appending import END_KINDS
from scoring.record.rows import Stamped
from scoring.timeline import FACILITATOR_KINDS, OBSERVER_KINDS, RESPONDER_KINDS, Drill, Event

router = APIRouter(prefix="/api/v1/drills/{drill_id}", tags=["events"], route_class=StrictRoute)

_DECLARING = frozenset({"incident.declared", "incident.reclassified"})
_LIMITED = {Role.RESPONDER: ("a responder", RESPONDER_KINDS), Role.OBSERVER: ("an observer", OBSERVER_KINDS)}
"""Who writes some kinds only, and which."""
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 300},
    "description": "the event's key, where its body gives none",
}


@router.post(
    "/events",
    status_code=201,
    response_model=Receipt,
    summary="Record an event",
    openapi_extra=takes(NewEvent, parameters=[DRILL_ID, _KEY]),
)
async def post_event(request: Request) -> Response:
    """Once this is answered, the event is on disk. A key, in the body or as `Idempotency-Key`, makes a retry safe."""
    drill_id, service, role = _asked(request)
    event = validated(NEW_EVENT, await read_body(request)).event(_key(request))
    _check(await service.known.get(drill_id), [event], role, batch=False)
    [stamped] = await service.writer.append(drill_id, [event])
    return _receipts(_receipt(stamped))


@router.post(
    "/events/batch",
    status_code=201,
    response_model=list[Receipt],
    summary="Record several events",
    openapi_extra=takes(NewEvent, parameters=[DRILL_ID], most=10_000),
)
async def post_events(request: Request) -> Response:
    """All of them or none; once this is answered, they are on disk."""
    drill_id, service, role = _asked(request)
    events = [each.event() for each in validated(NEW_EVENTS, await read_body(request))]
    _check(await service.known.get(drill_id), events, role, batch=True)
    return _receipts([_receipt(each) for each in await service.writer.append(drill_id, events)])


@router.post("/impact", status_code=201, response_model=NewWindows, summary="Record load windows")
async def post_impact(drill_id: DrillInPath, body: Windows, service: Service, _: Recorder) -> NewWindows:
    """What users were served meanwhile. Windows that are there already are passed over."""
    new = await service.writer.append_windows(drill_id, body)
    service.boards.add_windows(drill_id, body)
    service.feeds.push_windows(drill_id, body)
    service.feeds.scored_anew(drill_id)
    return NewWindows(new=new)


@router.get("/events", response_model=EventPage, summary="Read events on from a position")
def get_events(
    drill_id: DrillInPath,
    service: Service,
    role: Reader,
    after: Annotated[int, Query(ge=0, le=2**53, description="the `next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="how many at most")] = 1000,
) -> Response:
    """Events in the order of arrival. While the drill runs, only its facilitator sees what tells the truth."""
    drill, _truth, _events = service.store.drill(drill_id)
    found = service.store.events_after(drill_id, after, limit)
    shown = [(seq, event_for(role, drill, event)) for seq, event in found]
    page = {
        "events": [{"seq": seq, **event.model_dump(mode="json")} for seq, event in shown if event is not None],
        "next": found[-1][0] if found else after,
    }
    return Response(orjson.dumps(page), media_type="application/json")


def _asked(request: Request) -> tuple[str, Parts, Role]:
    """These two routes are called hundreds of times a second: they read their request themselves."""
    return request.path_params["drill_id"], request.app.state.parts, asker_of(request).role


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= 300:
        detail = "a key has 1 to 300 characters"
        fault = Fault(detail=detail, parameter="Idempotency-Key")
        raise Problem(422, "This cannot be read", f"Idempotency-Key: {detail}", [fault])
    return key


def _check(known: Known, events: list[Event], role: Role, *, batch: bool) -> None:
    limited = _LIMITED.get(role)
    for index, event in enumerate(events):
        if limited is not None and event.kind not in limited[1]:
            detail = f"{limited[0]} cannot write {event.kind}; {_whose(event.kind)}"
            raise Problem(403, "Not yours to write", detail)
        if event.kind in _DECLARING and event.text("severity") not in known.levels:
            said = unknown("level", event.text("severity"), [level.id for level in known.playbook.levels])
            where = f"#/{index}/data/severity" if batch else "#/data/severity"
            raise unreadable(where, f"playbook {known.playbook.name} has {said}")
        if event.kind in END_KINDS:
            need_order(known.drill, event.occurred_at, f"#/{index}/occurred_at" if batch else "#/occurred_at")
        if (refused := refusal(event)) is not None:
            raise unreadable(f"#/{index}/data/{refused[0]}" if batch else f"#/data/{refused[0]}", refused[1])


def need_order(drill: Drill, ended_at: datetime, where: str) -> None:
    """Raises Problem 422 for a drill that would end before it began."""
    if ended_at < drill.started_at:
        detail = f"the drill began at {write_instant(drill.started_at)}; it cannot end before"
        raise unreadable(where, detail)


def _whose(kind: str) -> str:
    if kind in RESPONDER_KINDS:
        return "it is a responder's"
    if kind in OBSERVER_KINDS:
        return "it is an observer's"
    return "it is the facilitator's" if kind in FACILITATOR_KINDS else "it is observed"


def _receipt(stamped: Stamped) -> dict[str, object]:
    return {"seq": stamped.seq, "hash": stamped.event.hash}


def _receipts(answer: object) -> Response:
    return Response(orjson.dumps(answer), 201, media_type="application/json")
