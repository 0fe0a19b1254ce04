"""The pages of those who take part in a drill: responder, facilitator, observer; the status page; the review."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.bodies import DrillInPath
from scoring.api.filling import NAME, caller, key_of, name_cookie, read_form
from scoring.api.guided import take
from scoring.api.parts import Reader, Service
from scoring.api.problems import Problem
from scoring.api.sitting import Returned, Sheets, Sitting, sit
from scoring.desk.drafts import draft_review, draft_update
from scoring.desk.forms import Filled, Form, Refused, Seat
from scoring.desk.public import notices
from scoring.desk.responding import FORMS, STATUSES, respond
from scoring.desk.reviewing import PRIORITIES
from scoring.desk.steering import MARKS, OBSERVING, STEERING, observe, steer
from scoring.errors import RecordError
from scoring.playbook import DIMENSIONS
from scoring.scorecard.sla import TITLES
from scoring.timeline import Event

router = APIRouter()

_SOURCE = "console"
_HINT = "hint"
"""A form that is none of the desk's: which hint comes next is withheld with the truth."""
_NAME_LASTS_S = 30 * 86_400
_FEWEST_ITEMS = 3


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
        held=sitting.seat.held,
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
    return sitting.show("observe.html", status, sheets=sheets, seat="observe", notes=_notes(sitting), **_EVALUATION)


def _reviewer(sitting: Sitting, returned: Returned | None = None, status: int = 200) -> Response:
    record = sitting.record
    filed = next((e for e in reversed(record.events) if e.kind == "review.filed"), None)
    draft = draft_review(sitting.desk, record.playbook, sitting.in_order(), sitting.time.drill_s)
    if filed is not None:
        draft |= _as_filed(filed)
    rows = max(_FEWEST_ITEMS, 1 + sum(name.endswith(".text") for name in draft if name.startswith("item.")))
    if returned is not None:
        rows = max(rows, *(_row(name) + 1 for name in returned.form.named("item.")), 0)
    return sitting.show(
        "review.html",
        status,
        sheets=Sheets({"review": draft}, returned),
        seat="review",
        filed=filed,
        rows=rows,
        priorities=PRIORITIES,
    )


_EVALUATION: dict[str, Any] = {"marks": MARKS, "dimensions": tuple(DIMENSIONS)}
_CHAIRS = {
    "respond": _Chair((Role.RESPONDER, Role.FACILITATOR), frozenset(FORMS) - {"review"} | {_HINT}, respond, _responder),
    "review": _Chair((Role.RESPONDER, Role.FACILITATOR), frozenset({"review"}), respond, _reviewer),
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
        _remember(answer, request, who)
    return answer


@router.post("/name")
async def take_name(request: Request, _: Reader) -> Response:
    """By which name somebody wants to be called from now on; back to where they were."""
    form = await read_form(request)
    back = form.text("back")
    answer = RedirectResponse(back if back.startswith("/drills/") else "/", 303)
    _remember(answer, request, form.text("who") or caller(request))
    return answer


def _back(drill_id: str, seat: str, name: str) -> Response:
    return RedirectResponse(f"/drills/{drill_id}/{seat}#{name}", 303)


def _level(form: Form) -> int | None:
    """Which hint is meant: the one that the button showed, so that a double click takes one."""
    said = form.text("level")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else None


def _remember(answer: Response, request: Request, who: str) -> None:
    answer.set_cookie(
        NAME,
        name_cookie(who),
        max_age=_NAME_LASTS_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _notes(sitting: Sitting) -> list[Event]:
    """What observers and the facilitator noted, the newest first."""
    return [event for event in reversed(sitting.record.events) if event.kind == "observation.noted"]


def _conditions(check: Event | None) -> list[dict[str, Any]]:
    """What the oracle saw at its last look."""
    listed = check.data.get("conditions") if check is not None else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _as_filed(filed: Event) -> dict[str, list[str]]:
    """A review that was filed, as the fields of its form."""
    parts = filed.data.get("parts")
    if not isinstance(parts, dict):
        return {}
    found = {f"part.{name}": [text] for name, text in parts.items() if isinstance(text, str)}
    items = parts.get("action_items")
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            for field in ("text", "owner", "priority", "due_on"):
                found[f"item.{number}.{field}"] = [str(item.get(field) or "")]
    return found


def _row(name: str) -> int:
    """The number in `item.3.text`; 0 where there is none that can be shown."""
    number = name.split(".")[1]
    return min(int(number), 99) if number.isascii() and number.isdigit() else 0
