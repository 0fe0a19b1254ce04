"""The pages of those who take part in a drill: responder, facilitator, observer; and the status page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.bodies import DrillInPath
from scoring.api.filling import caller, key_of, read_form, remember
from scoring.api.guided import take
from scoring.api.parts import Reader, Service
from scoring.api.problems import Problem
from scoring.api.sitting import Returned, Sheets, Sitting, sit
from scoring.desk.drafts import draft_update
from scoring.desk.forms import Filled, Form, Refused, Seat
from scoring.desk.public import notices
from scoring.desk.responding import FORMS, STATUSES, respond
from scoring.desk.steering import MARKS, OBSERVING, STEERING, observe, planned, steer
from scoring.errors import RecordError
from scoring.playbook import DIMENSIONS
from scoring.scorecard.sla import TITLES
from scoring.timeline import Event

router = APIRouter()

_SOURCE = "console"
_HINT = "hint"
"""A form that is none of the desk's: which hint comes next is withheld with the truth."""


@dataclass(frozen=True)
class _Chair:
    """A page with forms: who may sit there, what its forms mean, and how it is shown."""

    roles: tuple[Role, ...]
    forms: frozenset[str]
    read: Callable[[str, Form, Seat], Filled]
    show: Callable[[Sitting, Returned | None, int], Response]


def _responder(sitting: Sitting, returned: Returned | None = None, status: int = 200) -> Response:
    record = sitting.record
    drafts = {
        "acknowledge": {"who": [sitting.who]},
        "declare": {"severity": [sitting.desk.declared.severity] if sitting.desk.declared else []},
        "assign": {"holder": [sitting.who]},
        "update": draft_update(sitting.desk, record.playbook, sitting.served),
    }
    sheets = Sheets(drafts, returned)
    return sitting.show("respond.html", status, sheets=sheets, statuses=STATUSES, seat="respond", guide=sitting.guide)


def _facilitator(sitting: Sitting, returned: Returned | None = None, status: int = 200) -> Response:
    card, no_card = None, ""
    try:
        card = sitting.service.boards.scorecard(sitting.record.drill.id)
    except RecordError as error:
        no_card = f"There is none: {error}."
    return sitting.show(
        "facilitate.html",
        status,
        sees_all=True,
        sheets=Sheets({}, returned),
        seat="facilitate",
        has_begun=sitting.has_begun,
        held=sitting.seat.held,
        planned=planned(sitting.record.truth, sitting.record.events),
        check=sitting.record.check,
        conditions=_conditions(sitting.record.check),
        notes=_notes(sitting),
        card=card,
        no_card=no_card,
        titles=TITLES,
        **_EVALUATION,
    )


def _observer(sitting: Sitting, returned: Returned | None = None, status: int = 200) -> Response:
    sheets = Sheets({}, returned)
    is_over = sitting.record.drill.ended_at is not None
    notes = [note for note in _notes(sitting) if is_over or note.source != Role.FACILITATOR]
    return sitting.show("observe.html", status, sheets=sheets, seat="observe", notes=notes, **_EVALUATION)


_EVALUATION: dict[str, Any] = {"marks": MARKS, "dimensions": tuple(DIMENSIONS)}
_CHAIRS = {
    "respond": _Chair((Role.RESPONDER, Role.FACILITATOR), frozenset(FORMS) | {_HINT}, respond, _responder),
    "facilitate": _Chair((Role.FACILITATOR,), frozenset(STEERING), steer, _facilitator),
    "observe": _Chair((Role.OBSERVER, Role.FACILITATOR), frozenset(OBSERVING), observe, _observer),
}
SeatInPath = Annotated[str, Path(pattern=f"^({'|'.join(_CHAIRS)})$")]
FormInPath = Annotated[str, Path(pattern=r"^[a-z]{1,20}$")]


@router.get("/drills/{drill_id}/status")
def show_status(drill_id: DrillInPath, request: Request, service: Service, role: Reader) -> Response:
    """What customers see: updates that were posted to where they listen."""
    sitting = sit(request, service, drill_id, role)
    posted = notices(sitting.desk.updates, sitting.record.playbook)
    return sitting.show("status.html", seat="status", posted=posted)


@router.get("/drills/{drill_id}/{seat}")
def show_seat(drill_id: DrillInPath, seat: SeatInPath, request: Request, service: Service) -> Response:
    """The page of one of the seats."""
    chair = _CHAIRS[seat]
    return chair.show(sit(request, service, drill_id, permitted(request, *chair.roles)), None, 200)


@router.post("/drills/{drill_id}/{seat}/{name}")
async def take_form(
    drill_id: DrillInPath, seat: SeatInPath, name: FormInPath, request: Request, service: Service
) -> Response:
    """A form of a seat: it makes one event, once for each key, or comes back with a sentence beside the field."""
    chair = _CHAIRS[seat]
    role = permitted(request, *chair.roles)
    if name not in chair.forms:
        raise Problem(404, "No such form", f"the page '{seat}' has no form '{name}'")
    form = await read_form(request)
    key = key_of(form)
    event_key = f"{_SOURCE}/{seat}/{name}/{key}"
    async with service.desks.turn(drill_id):
        sitting = await run_in_threadpool(sit, request, service, drill_id, role)
        if event_key not in sitting.record.keys:
            try:
                if name == _HINT:
                    await take(service, drill_id, sitting.who, _level(form))
                    return _back(drill_id, seat, name)
                filled = chair.read(name, form, sitting.seat)
            except Refused as refused:
                return await run_in_threadpool(chair.show, sitting, Returned(name, form, refused, key), 422)
            event = Event.model_validate(
                {
                    "kind": filled.kind,
                    "occurred_at": sitting.now,
                    "source": _SOURCE,
                    "data": filled.data,
                    "key": event_key,
                }
            )
            await service.writer.append(drill_id, [event], first_stands=True)
    answer = _back(drill_id, seat, name)
    if name == "acknowledge" and (who := form.text("who")):
        remember(answer, request, who)
    return answer


@router.post("/name")
async def take_name(request: Request, _: Reader) -> Response:
    """By which name somebody wants to be called from now on; back to where they were."""
    form = await read_form(request)
    back = form.text("back")
    answer = RedirectResponse(back if back.startswith("/drills/") else "/", 303)
    remember(answer, request, form.text("who") or caller(request))
    return answer


def _back(drill_id: str, seat: str, name: str) -> Response:
    return RedirectResponse(f"/drills/{drill_id}/{seat}#{name}", 303)


def _level(form: Form) -> int | None:
    """Which hint is meant: the one that the button showed, so that a double click takes one."""
    said = form.text("level")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else None


def _notes(sitting: Sitting) -> list[Event]:
    """What observers and the facilitator noted, the newest first."""
    return [event for event in reversed(sitting.record.events) if event.kind == "observation.noted"]


def _conditions(check: Event | None) -> list[dict[str, Any]]:
    """What the oracle saw at its last look."""
    listed = check.data.get("conditions") if check is not None else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
