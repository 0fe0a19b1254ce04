"""The routes of `/api/v1`, and `/api/v2/alerts` as Prometheus pushes to it."""

from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from scoring.api.auth import Role, allow
from scoring.api.bodies import End, NewDrill, NewEvent
from scoring.api.problems import Problem
from scoring.api.withheld import drill_for, event_for, may_see_truth, timeline_for
from scoring.canonical import did_you_mean
from scoring.ingest.prometheus import PushedAlert, events_of, utc_now
from scoring.playbook import Playbook
from scoring.playbook_file import load_playbook, parse_playbook, playbook_names, playbook_text
from scoring.record.store import Store
from scoring.scorecard import score
from scoring.timeline import RESPONDER_KINDS, Baseline, Event, Window

Reader = Annotated[Role, Depends(allow(Role.FACILITATOR, Role.RESPONDER, Role.INGEST))]
Writer = Annotated[Role, Depends(allow(Role.FACILITATOR, Role.INGEST))]
Batch = Annotated[list[NewEvent], Field(min_length=1, max_length=10_000)]
Windows = Annotated[list[Window], Field(max_length=10_000)]

router = APIRouter()


def the_store(request: Request) -> Store:
    """The record behind this app."""
    store: Store = request.app.state.store
    return store


Record = Annotated[Store, Depends(the_store)]


@router.get("/health")
def health() -> dict[str, str]:
    """Whether the service answers."""
    return {"status": "ok"}


@router.post("/api/v1/drills", status_code=201)
def open_drill(body: NewDrill, store: Record, _: Writer, response: Response) -> dict[str, Any]:
    """Open a drill; the same again is answered 200."""
    if body.playbook_text is not None:
        book, text = parse_playbook(body.playbook_text, body.playbook), body.playbook_text
    else:
        book, text = load_playbook(_name(body.playbook)), playbook_text(body.playbook)
    for level in [body.truth.severity.get(book.name)]:
        if level is not None and book.gravity(level) is None:
            raise Problem(422, "No such level", f"truth.severity: {_no_level(book, level)}")
    drill = body.drill().model_copy(update={"playbook": book.name})
    if not store.create(drill, body.truth, text):
        response.status_code = 200
    return {"id": body.id}


@router.put("/api/v1/drills/{drill_id}/baseline")
def put_baseline(drill_id: str, body: Baseline, store: Record, _: Writer) -> dict[str, str]:
    """Keep the baseline of a drill."""
    store.set_baseline(drill_id, body)
    return {"id": drill_id}


@router.post("/api/v1/drills/{drill_id}/events", status_code=201)
def post_event(drill_id: str, body: NewEvent, store: Record, role: Reader) -> dict[str, Any]:
    """Record an event; once this is answered, it is on disk. A key makes a retry safe."""
    seq, stamp = _append(store, drill_id, [body], role)[0]
    return {"seq": seq, "hash": stamp}


@router.post("/api/v1/drills/{drill_id}/events/batch", status_code=201)
def post_events(drill_id: str, body: Batch, store: Record, role: Reader) -> list[dict[str, Any]]:
    """Record several events, all or none."""
    return [{"seq": seq, "hash": stamp} for seq, stamp in _append(store, drill_id, body, role)]


@router.post("/api/v1/drills/{drill_id}/impact", status_code=201)
def post_impact(drill_id: str, body: Windows, store: Record, _: Writer) -> dict[str, int]:
    """Record load windows; those that are there already are passed over."""
    return {"new": store.append_windows(drill_id, body)}


@router.post("/api/v1/drills/{drill_id}/end")
def end_drill(drill_id: str, body: End, store: Record, _: Writer) -> dict[str, Any]:
    """Say that a drill has ended; the first word stands. From now on its truth can be read."""
    drill, _truth, _events = store.drill(drill_id)
    if drill.ended_at is None:
        ended = NewEvent(kind="drill.ended", occurred_at=body.ended_at, source="runner", key="drill.ended")
        store.append(drill_id, [ended.event()], utc_now(), first_stands=True)
        store.end(drill_id, body.ended_at)
    return store.drill(drill_id)[0].model_dump(mode="json")


@router.get("/api/v1/drills")
def list_drills(store: Record, role: Reader) -> dict[str, Any]:
    """All drills, oldest first."""
    return {"drills": [drill_for(role, *entry) for entry in store.drills()]}


@router.get("/api/v1/drills/{drill_id}")
def get_drill(drill_id: str, store: Record, role: Reader) -> dict[str, Any]:
    """One drill."""
    return drill_for(role, *store.drill(drill_id))


@router.get("/api/v1/drills/{drill_id}/timeline")
def get_timeline(drill_id: str, store: Record, role: Reader) -> Response:
    """The timeline, proven whole; 409 names the first bent event."""
    return _json(timeline_for(role, store.timeline(drill_id)).to_json())


@router.get("/api/v1/drills/{drill_id}/scorecard")
def get_scorecard(drill_id: str, store: Record, role: Reader) -> Response:
    """The scorecard so far; while the drill runs, for its facilitator only, as it tells the truth."""
    drill, _truth, _events = store.drill(drill_id)
    if not may_see_truth(role, drill):
        raise Problem(403, "Not yet", "the scorecard tells what is wrong; it can be read once the drill has ended")
    book = _book(store.playbook_text(drill_id))
    return _json(score(store.timeline(drill_id, prove_events=False), book).to_json())


@router.get("/api/v1/drills/{drill_id}/events")
def get_events(
    drill_id: str,
    store: Record,
    role: Reader,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> dict[str, Any]:
    """Events in the order of arrival, after a seq; `next` is what to give as `after` next time."""
    drill, _truth, _events = store.drill(drill_id)
    found = store.events_after(drill_id, after, limit)
    shown = [(seq, event_for(role, drill, event)) for seq, event in found]
    return {
        "events": [{"seq": seq, **event.model_dump(mode="json")} for seq, event in shown if event is not None],
        "next": found[-1][0] if found else after,
    }


@router.get("/api/v1/playbooks")
def list_playbooks(_: Reader) -> dict[str, list[str]]:
    """Names of the playbooks that ship."""
    return {"playbooks": playbook_names()}


@router.get("/api/v1/playbooks/{name}")
def get_playbook(name: str, _: Reader) -> dict[str, Any]:
    """A playbook with bare figures, durations in drill seconds, levels gravest first."""
    return load_playbook(_name(name, status=404)).plain()


@router.post("/api/v2/alerts")
def push_alerts(body: list[PushedAlert], store: Record, _: Writer) -> dict[str, int]:
    """Alerts as Prometheus pushes them, for every drill that is running; repeats are recognised.

    An alert that was over before a drill began is none of its events: monitors repeat a resolved alert for minutes.
    """
    now = utc_now()
    running = store.running() if body else []
    for drill in running:
        events = [e for alert in body if not alert.was_over_by(drill.started_at) for e in events_of(alert, now)]
        if events:
            store.append(drill.id, events, now, first_stands=True)
    return {"drills": len(running)}


def _append(store: Store, drill_id: str, bodies: list[NewEvent], role: Role) -> list[tuple[int, str]]:
    drill, _truth, _events = store.drill(drill_id)
    for body in bodies:
        if role is Role.RESPONDER and body.kind not in RESPONDER_KINDS:
            raise Problem(403, "Not yours to write", f"a responder cannot write {body.kind}; it is observed")
    events = [body.event() for body in bodies]
    if any(event.kind in {"incident.declared", "incident.reclassified"} for event in events):
        _check_levels(store, drill.id, events)
    return store.append(drill_id, events, utc_now())


def _check_levels(store: Store, drill_id: str, events: list[Event]) -> None:
    book = _book(store.playbook_text(drill_id))
    for event in events:
        said = event.text("severity")
        if event.kind in {"incident.declared", "incident.reclassified"} and book.gravity(said) is None:
            raise Problem(422, "No such level", f"data.severity: {_no_level(book, said)}")


@lru_cache(maxsize=16)
def _book(text: str) -> Playbook:
    """A playbook as a drill keeps it, parsed once."""
    return parse_playbook(text, "the drill's playbook")


def _no_level(book: Playbook, said: str) -> str:
    known = [level.id for level in book.levels]
    hint = did_you_mean(said, known) or f"; there are: {', '.join(known)}"
    return f"playbook {book.name} has no level '{said}'{hint}"


def _name(name: str, status: int = 422) -> str:
    """Only a shipped playbook's name, never a path on this machine."""
    if name not in playbook_names():
        hint = did_you_mean(name, playbook_names()) or f"; there are: {', '.join(playbook_names())}"
        raise Problem(status, "No such playbook", f"there is no playbook '{name}'{hint}")
    return name


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
