"""The after-action report of a tabletop: as a page, with the improvement plan as a form, and as files."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.bodies import DrillInPath
from scoring.api.filling import key_of, new_key, read_form
from scoring.api.parts import Reader, Service
from scoring.api.table import Table, take_seat
from scoring.api.withheld import need_truth
from scoring.console.shown import Shown
from scoring.desk.forms import WHOLE, Form, Refused
from scoring.exercise.write_up import write_up
from scoring.publishing.html import render_html, write_blocks
from scoring.publishing.markdown import render_markdown
from scoring.publishing.pdf import render_pdf
from scoring.review import ITEMS, Review
from scoring.review.form import PRIORITIES, Fields, fields_of, part_field, read_review, row_numbers
from scoring.review.items import action_items
from scoring.timeline import Event

router = APIRouter()

_WRITERS = (Role.FACILITATOR, Role.RESPONDER)
_BLANK_ROWS = 2
_MEDIA_TYPES = {"md": "text/markdown", "html": "text/html", "pdf": "application/pdf"}

Format = Annotated[str, Path(pattern="^(md|html|pdf)$")]


@router.get("/drills/{drill_id}/tabletop/report")
def show_report(drill_id: DrillInPath, request: Request, service: Service, role: Reader) -> Response:
    """The report; before the end the facilitator alone reads it, as it stands."""
    table = _table(request, service, drill_id, role)
    return _page(table, Shown(new_key(), _plan_of(table)))


@router.post("/drills/{drill_id}/tabletop/report/plan")
async def take_plan(drill_id: DrillInPath, request: Request, service: Service) -> Response:
    """What is to be done, by whom, until when: it goes on the record as the part of a review that it is."""
    role = permitted(request, *_WRITERS)
    form = await read_form(request)
    key = key_of(form)
    async with service.desks.turn(drill_id):
        table = await run_in_threadpool(_table, request, service, drill_id, role)
        event_key = f"console/tabletop/plan/{key}"
        if event_key not in table.record.keys:
            try:
                parts = _read_plan(form, drill_id)
            except Refused as refused:
                back = Shown(key, form.plain(), refused.faults, is_back=True)
                return await run_in_threadpool(_page, table, back, 422)
            told = {"kind": "review.filed", "occurred_at": table.sitting.now, "source": "console", "key": event_key}
            event = Event.model_validate({**told, "data": {"parts": parts, "by": table.sitting.who}})
            await service.writer.append(drill_id, [event], first_stands=True)
    return RedirectResponse(f"/drills/{drill_id}/tabletop/report#plan", 303)


@router.get("/drills/{drill_id}/tabletop/report.{kind}")
def send_report(drill_id: DrillInPath, kind: Format, request: Request, service: Service, role: Reader) -> Response:
    """The report as a file."""
    document = write_up(_table(request, service, drill_id, role).report())
    name = f"after-action-report-{drill_id}.{kind}".replace(":", "-")
    # A page of its own style does not run under the pages' policy, so it is saved and opened from there.
    place = "inline" if kind == "pdf" else "attachment"
    writers = {"md": render_markdown, "html": render_html, "pdf": render_pdf}
    headers = {"Content-Disposition": f'{place}; filename="{name}"'}
    return Response(writers[kind](document), media_type=_MEDIA_TYPES[kind], headers=headers)


def _table(request: Request, service: Service, drill_id: str, role: Role) -> Table:
    """The tabletop, for whoever may read its report. Raises Problem 403 and 404."""
    table = take_seat(request, service, drill_id, role)
    need_truth(role, table.record.drill, "the report")
    return table


def _page(table: Table, form: Shown, status: int = 200) -> Response:
    report = table.report()
    rows = max([_BLANK_ROWS, *(number + 1 + _BLANK_ROWS for number in row_numbers(form.values))])
    return table.sitting.show(
        "tabletop_report.html",
        status,
        sees_all=True,
        seat="tabletop/report",
        report=report,
        body=write_blocks(write_up(report).blocks),
        form=form,
        rows=rows,
        priorities=PRIORITIES,
        may_plan=table.sitting.role in _WRITERS,
        today=datetime.now(UTC).date().isoformat(),
    )


def _plan_of(table: Table) -> Fields:
    items = action_items(table.record.events)
    return fields_of(Review(table.record.drill.id, (), items, wants_items=True, due=()))


def _read_plan(form: Form, drill_id: str) -> dict[str, object]:
    """The part of a review that holds what is to be done. Raises Refused."""
    try:
        return read_review(form, Review(drill_id, (), (), wants_items=True, due=()))
    except Refused as refused:
        nothing = refused.faults.pop(part_field(ITEMS), "")
        if nothing and not refused.faults:
            raise Refused({WHOLE: "Say at least one thing that is to be done, or that nothing is."}) from None
        raise
