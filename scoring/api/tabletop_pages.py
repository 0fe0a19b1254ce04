"""The pages of a tabletop: the room and its seats, the facilitator, observers, and the after-action report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.bodies import DrillInPath
from scoring.api.filling import key_of, read_form
from scoring.api.parts import Parts, Reader, Service
from scoring.api.problems import Problem
from scoring.api.sitting import Returned, Sheets
from scoring.api.table import Table, take_seat
from scoring.desk.drafts import draft_update
from scoring.desk.forms import Form, Refused
from scoring.desk.responding import FORMS, STATUSES
from scoring.desk.steering import MARKS
from scoring.exercise.chair import Chair
from scoring.exercise.noting import SORTS, observe
from scoring.exercise.responding import answer
from scoring.exercise.steering import STEERING, steer
from scoring.timeline import Event

router = APIRouter()

INVITATION_LASTS = timedelta(hours=12)
_PLACES = {"reveal": "next", "tick": "owed", "undo": "owed"}
"""Where on the page a form is answered that does not say where it was."""
_EVERYBODY = (Role.FACILITATOR, Role.RESPONDER, Role.OBSERVER)
_MOST_NAME = 100


@dataclass(frozen=True)
class _Page:
    """A page with forms: who reads it, who fills in its forms, what these mean, and how it is shown."""

    readers: tuple[Role, ...]
    writers: tuple[Role, ...]
    forms: frozenset[str]
    read: Callable[[str, Form, Chair], list[Event]]
    show: Callable[..., Response]


def _room(table: Table, returned: Returned | None = None, status: int = 200, seat: int | None = None) -> Response:
    sitting, room = table.sitting, table.room(seat)
    if seat is not None and room.seat is None:
        raise Problem(404, "No such seat", f"there are seats 1 to {len(room.seats)}")
    drafts = {
        "acknowledge": {"who": [sitting.who]},
        "declare": {"severity": [sitting.desk.declared.severity] if sitting.desk.declared else []},
        "assign": {"holder": [sitting.who]},
        "update": draft_update(sitting.desk, table.record.playbook, None),
    }
    return sitting.show(
        "tabletop_room.html",
        status,
        room=room,
        seat=_path_of(seat),
        sheets=Sheets(drafts, returned),
        statuses=STATUSES,
        may_respond=sitting.role in _PAGES["room"].writers,
        guide=sitting.guide,
    )


def _facilitator(
    table: Table, returned: Returned | None = None, status: int = 200, seat: int | None = None, link: str = ""
) -> Response:
    report = table.report()
    return table.sitting.show(
        "tabletop_facilitate.html",
        status,
        sees_all=True,
        seat="tabletop/facilitate",
        exercise=table.exercise,
        room=table.room(),
        sheets=Sheets({}, returned),
        notes=report.notes,
        card=report.card,
        no_card=report.no_card,
        link=link,
        **_EVALUATION,
    )


def _observer(table: Table, returned: Returned | None = None, status: int = 200, seat: int | None = None) -> Response:
    return table.sitting.show(
        "tabletop_observe.html",
        status,
        seat="tabletop/observe",
        room=table.room(),
        objectives=[(each.objective, each.ratings) for each in table.exercise.objectives],
        sheets=Sheets({}, returned),
        **_EVALUATION,
    )


_EVALUATION: dict[str, Any] = {"marks": MARKS, "sorts": SORTS}
_PAGES = {
    "room": _Page(_EVERYBODY, (Role.RESPONDER, Role.FACILITATOR), frozenset(FORMS) - {"review"}, answer, _room),
    "facilitate": _Page((Role.FACILITATOR,), (Role.FACILITATOR,), frozenset(STEERING), steer, _facilitator),
    "observe": _Page(
        (Role.OBSERVER, Role.FACILITATOR), (Role.OBSERVER, Role.FACILITATOR), frozenset({"note"}), observe, _observer
    ),
}
PageInPath = Annotated[str, Path(pattern=f"^({'|'.join(_PAGES)})$")]
SeatNumber = Annotated[int, Path(ge=1, le=100)]
FormInPath = Annotated[str, Path(pattern=r"^[a-z]{1,20}$")]


@router.get("/drills/{drill_id}/tabletop")
def lead_on(drill_id: DrillInPath, role: Reader) -> Response:
    """To the page of whoever asks."""
    name = {Role.FACILITATOR: "facilitate", Role.OBSERVER: "observe"}.get(role, "room")
    return RedirectResponse(f"/drills/{drill_id}/tabletop/{name}", 303)


@router.get("/drills/{drill_id}/tabletop/seats/{number}")
def show_seat(drill_id: DrillInPath, number: SeatNumber, request: Request, service: Service) -> Response:
    """The room, seen from a seat of it."""
    role = permitted(request, *_PAGES["room"].readers)
    return _room(take_seat(request, service, drill_id, role), seat=number)


@router.post("/drills/{drill_id}/tabletop/seats/{number}/{name}")
async def take_form_of_seat(
    drill_id: DrillInPath, number: SeatNumber, name: FormInPath, request: Request, service: Service
) -> Response:
    """What somebody does from a seat."""
    return await _take(request, service, drill_id, "room", name, number)


@router.post("/drills/{drill_id}/tabletop/facilitate/invite")
async def invite(drill_id: DrillInPath, request: Request, service: Service) -> Response:
    """A link that signs somebody in once. It is on the page that answers and nowhere else."""
    role = permitted(request, Role.FACILITATOR)
    form = await read_form(request)
    table = await run_in_threadpool(take_seat, request, service, drill_id, role)
    try:
        path = await run_in_threadpool(_invitation, form, table)
    except Refused as refused:
        return await run_in_threadpool(_facilitator, table, Returned("invite", form, refused, key_of(form)), 422)
    link = f"{str(request.base_url).rstrip('/')}{path}"
    return await run_in_threadpool(_facilitator, table, link=link)


@router.get("/drills/{drill_id}/tabletop/{name}")
def show_page(drill_id: DrillInPath, name: PageInPath, request: Request, service: Service) -> Response:
    """One of the pages."""
    role = permitted(request, *_PAGES[name].readers)
    return _PAGES[name].show(take_seat(request, service, drill_id, role))


@router.post("/drills/{drill_id}/tabletop/{page}/{name}")
async def take_form(
    drill_id: DrillInPath, page: PageInPath, name: FormInPath, request: Request, service: Service
) -> Response:
    """A form of a page: it makes its events, once for each key, or comes back with a sentence beside the field."""
    return await _take(request, service, drill_id, page, name)


async def _take(
    request: Request, service: Parts, drill_id: str, page_name: str, name: str, seat: int | None = None
) -> Response:
    page = _PAGES[page_name]
    role = permitted(request, *page.writers)
    if name not in page.forms:
        raise Problem(404, "No such form", f"the page '{page_name}' has no form '{name}'")
    form = await read_form(request)
    key = key_of(form)
    event_key = f"console/tabletop/{name}/{key}"
    async with service.desks.turn(drill_id):
        table = await run_in_threadpool(take_seat, request, service, drill_id, role)
        if event_key not in table.record.keys:
            try:
                events = page.read(name, form, table.chair(event_key))
            except Refused as refused:
                place = form.text("place") or _PLACES.get(name, name)
                returned = Returned(place, form, refused, key)
                return await run_in_threadpool(page.show, table, returned, 422, seat)
            await service.writer.append(drill_id, events, first_stands=True)
    place = _path_of(seat) if page_name == "room" else f"tabletop/{page_name}"
    return RedirectResponse(f"/drills/{drill_id}/{place}", 303)


def _path_of(seat: int | None) -> str:
    return "tabletop/room" if seat is None else f"tabletop/seats/{seat}"


def _invitation(form: Form, table: Table) -> str:
    """The path of a link for a participant, from a seat or not, or for an observer. Raises Refused."""
    name = form.need("name", "Say for whom it is.")[:_MOST_NAME]
    to, seats = form.need("to", "Choose where it leads."), len(table.scenario.participants)
    known = {"observe": Role.OBSERVER, "room": Role.RESPONDER}
    known |= {f"seats/{number}": Role.RESPONDER for number in range(1, seats + 1)}
    if to and to not in known:
        form.fault("to", "There is no such seat.")
    form.check()
    code = table.sitting.service.tokens.issue_code(known[to], name, ttl=INVITATION_LASTS)
    page = f"/drills/{table.record.drill.id}/tabletop/{to}"
    return f"/sign-in?{urlencode({'code': code, 'to': page}, safe='/:')}"
