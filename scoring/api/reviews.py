"""The review of a drill: its page, on which it is written, saved and filed, and the files that it is sent as."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from scoring.api.auth import Role, permitted
from scoring.api.bodies import DrillInPath
from scoring.api.filling import caller, key_of, new_key, read_form, remember
from scoring.api.known import read_playbook
from scoring.api.parts import Parts, Reader, Service
from scoring.api.problems import Problem
from scoring.api.withheld import drill_for, timeline_for
from scoring.console.render import page
from scoring.console.shown import Shown
from scoring.desk.forms import WHOLE, Form, Refused
from scoring.publishing.html import render_html, write_blocks
from scoring.publishing.markdown import render_markdown
from scoring.publishing.pdf import render_pdf
from scoring.publishing.reading import blocks_of
from scoring.record.drafts import Draft, SavedMeanwhile
from scoring.record.reviews import UnderReview, under_review
from scoring.review import ITEMS
from scoring.review.form import (
    MOST_CHARACTERS,
    NO_ITEMS,
    PRIORITIES,
    blank_parts,
    filled_in,
    read_review,
    row_numbers,
)
from scoring.review.kinds import kind_of
from scoring.timeline import Event, Truth

router = APIRouter()

_WRITERS = (Role.FACILITATOR, Role.RESPONDER)
_SOURCE = "console"
_BLANK_ROWS = 3
_LONGEST_NAME = 100
_OURS = ("part.", "item.", "no_items")
_MEDIA_TYPES = {"md": "text/markdown", "html": "text/html", "pdf": "application/pdf"}

Format = Annotated[str, Path(pattern="^(md|html|pdf)$")]


@router.get("/drills/{drill_id}/review")
def show_review(
    drill_id: DrillInPath,
    request: Request,
    service: Service,
    role: Reader,
    done: Annotated[str, Query(pattern="^(saved|filed|)$")] = "",
) -> Response:
    """The review as a form for those who write it, and as it was filed for those who read it."""
    case = _case(service, drill_id)
    return _page(request, role, case, Shown(new_key(), {**case.fields(), "who": [caller(request)]}), done=done)


@router.post("/drills/{drill_id}/review")
async def take_review(drill_id: DrillInPath, request: Request, service: Service) -> Response:
    """Save the draft, or file it. What cannot be taken comes back as it was typed, with a sentence beside the field."""
    role = permitted(request, *_WRITERS)
    form = await read_form(request, MOST_CHARACTERS)
    case = await run_in_threadpool(_case, service, drill_id)
    key, who, now = key_of(form), _name(form, request), datetime.now(UTC)
    typed = {name: values for name, values in form.plain().items() if name.startswith(_OURS)}
    shown = {**typed, "who": [who]}
    is_filed = form.text("do") == "file"
    try:
        _check_lengths(form, typed)
        parts = read_review(form, case.drafted) if is_filed else {}
        await run_in_threadpool(service.drafts.save, drill_id, typed, who, now, _version(form))
    except Refused as refused:
        back = Shown(key, shown, refused.faults, is_back=True)
        return _page(request, role, case, back, version=_version(form), status=422)
    except SavedMeanwhile as meanwhile:
        sentence = f"{meanwhile}. Your text is below and not saved; saving again puts it in the place of theirs."
        back = Shown(key, shown, {WHOLE: sentence}, is_back=True)
        return _page(request, role, case, back, theirs=meanwhile.draft, version=meanwhile.draft.version, status=409)
    if is_filed:
        told = {"kind": "review.filed", "occurred_at": now, "source": _SOURCE, "data": {"parts": parts, "by": who}}
        event = Event.model_validate({**told, "key": f"{_SOURCE}/review/{key}"})
        await service.writer.append(drill_id, [event], first_stands=True)
    answer = RedirectResponse(f"/drills/{drill_id}/review?done={'filed' if is_filed else 'saved'}", 303)
    remember(answer, request, who)
    return answer


@router.get("/drills/{drill_id}/review.{kind}")
def send_review(drill_id: DrillInPath, kind: Format, service: Service, _: Reader) -> Response:
    """Scorecard and review as a file, once the drill has ended."""
    document = _case(service, drill_id).document(datetime.now(UTC).date())
    if document is None:
        raise Problem(403, "Not yet", "the review is written out once the drill has ended; end it first")
    name = f"review-{drill_id}.{kind}".replace(":", "-")
    # A page of its own style does not run under the pages' policy, so it is saved and opened from there.
    place = "inline" if kind == "pdf" else "attachment"
    headers = {"Content-Disposition": f'{place}; filename="{name}"'}
    content: str | bytes
    match kind:
        case "md":
            content = render_markdown(document)
        case "html":
            content = render_html(document)
        case _:
            content = render_pdf(document)
    return Response(content, media_type=_MEDIA_TYPES[kind], headers=headers)


def _case(service: Parts, drill_id: str) -> UnderReview:
    """Raises NoSuchDrill and RecordError. Before the drill has ended nobody's review begins with the truth."""
    timeline = service.store.timeline(drill_id)
    book = read_playbook(service.store.playbook_text(drill_id))
    is_over = timeline.drill.ended_at is not None
    card = service.boards.scorecard(drill_id) if is_over else None
    seen = timeline if is_over else timeline_for(Role.RESPONDER, timeline)
    return under_review(service.engine, seen, book, card, service.past)


def _page(
    request: Request,
    role: Role,
    case: UnderReview,
    form: Shown,
    *,
    done: str = "",
    theirs: Draft | None = None,
    version: int | None = None,
    status: int = 200,
) -> Response:
    drill = case.timeline.drill
    rows = row_numbers(_filled(form.values) | (_filled(theirs.fields) if theirs else {}))
    return page(
        "review.html",
        status,
        role=role,
        drill=drill_for(role, drill, case.timeline.truth or Truth(), len(case.timeline.events)),
        review=case.drafted,
        written=_written(case),
        state=case.state(),
        is_filed=case.is_as_filed,
        blank=_blank(case, form),
        now=datetime.now(UTC),
        is_over=drill.ended_at is not None,
        may_write=role in _WRITERS,
        form=form,
        version=case.version if version is None else version,
        theirs=_differences(theirs, form.values) if theirs else {},
        their_name=theirs.saved_by if theirs else "",
        rows=range(max(rows, default=-1) + 1 + _BLANK_ROWS),
        priorities=PRIORITIES,
        asked=case.asked(datetime.now(UTC).date()),
        done=done,
    )


def _written(case: UnderReview) -> list[tuple[str, str]]:
    """Each part that says something, by its title, as HTML; of a review that was not filed, nothing."""
    parts = case.review().parts if case.filed else ()
    return [(part.title, write_blocks(blocks_of(part.text, under=2))) for part in parts if part.text.strip()]


def _blank(case: UnderReview, form: Shown) -> tuple[str, ...]:
    """What is asked for and not written; that nothing is left to do can be said as well."""
    titles = blank_parts(filled_in(case.drafted, form.values))
    return tuple(title for title in titles if title != kind_of(ITEMS).title or not form.text(NO_ITEMS))


def _check_lengths(form: Form, typed: Mapping[str, list[str]]) -> None:
    """Raises Refused for a field that is too long to be kept."""
    for name in typed:
        form.text(name)
    form.check()


def _name(form: Form, request: Request) -> str:
    """Who saves it: as they say, else as they are known."""
    return " ".join(form.text("who").split())[:_LONGEST_NAME] or caller(request)


def _version(form: Form) -> int:
    """Of the draft that the form was made from."""
    given = form.text("version")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _filled(fields: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Those in which something stands."""
    return {name: values for name, values in fields.items() if any(values)}


def _differences(draft: Draft, typed: Mapping[str, list[str]]) -> dict[str, str]:
    """What somebody else saved in the fields in which it is not what was typed now."""
    found: dict[str, str] = {}
    for name, values in draft.fields.items():
        mine, theirs = (next(iter(each), "").replace("\r\n", "\n").strip() for each in (typed.get(name, []), values))
        if mine != theirs and theirs:
            found[name] = theirs
    return found
