"""What a responder may ask for in a guided drill: hints, one by one, and breaks in which the drill clock stands.

A drill that was opened with hints is a guided one. They are withheld with its truth; whoever takes one is told its
text, and with that it is on the timeline for all to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from scoring.api.answers import HintsSeen, NextHint, Receipt, TakenHint
from scoring.api.auth import Role, allow, asker_of
from scoring.api.bodies import Break, DrillInPath, HintWish
from scoring.api.parts import Parts, Reader, Service
from scoring.api.problems import Problem, unreadable
from scoring.api.reading import StrictRoute
from scoring.timeline import Drill, Event, Hint, Kind
from scoring.training import hinting

router = APIRouter(prefix="/api/v1/drills/{drill_id}", tags=["events"], route_class=StrictRoute)

Responding = Annotated[Role, Depends(allow(Role.FACILITATOR, Role.RESPONDER))]


@dataclass(frozen=True)
class Guide:
    """The hints of a drill, and the events by which some of them were taken, in order."""

    drill: Drill
    hints: Sequence[Hint]
    taken: Sequence[Event]

    @property
    def following(self) -> NextHint | None:
        """The hint that can be taken now; None if none is left."""
        level = len(self.taken) + 1
        return NextHint(level=level, cost=self.hints[level - 1].cost) if level <= len(self.hints) else None


@router.get("/hints", response_model=HintsSeen, summary="See which hints were taken")
def get_hints(drill_id: DrillInPath, service: Service, _: Reader) -> HintsSeen:
    """And what the next one costs, in points. A drill that is not guided has none."""
    guide = read_guide(service, drill_id)
    return HintsSeen(
        guided=bool(guide.hints),
        taken=[_shown(event) for event in guide.taken],
        left=len(guide.hints) - len(guide.taken),
        next=guide.following,
    )


@router.post(
    "/hints",
    status_code=201,
    response_model=TakenHint,
    summary="Take a hint",
    responses={200: {"description": "This one was taken before; it costs nothing more", "model": TakenHint}},
)
async def take_hint(
    drill_id: DrillInPath,
    request: Request,
    response: Response,
    service: Service,
    _: Responding,
    body: HintWish | None = None,
) -> TakenHint:
    """The next one, whose points are lost. Whoever says which `level` is meant pays for it once, however often."""
    event, is_new = await take(service, drill_id, who_asks(request), body.level if body else None)
    if not is_new:
        response.status_code = 200
    return _shown(event)


@router.post("/clock/stop", status_code=201, response_model=Receipt, summary="Stop the drill clock")
async def stop_clock(
    drill_id: DrillInPath, request: Request, service: Service, role: Responding, body: Break | None = None
) -> Receipt:
    """Limits and scoring wait until it goes on; fault and users do not. A responder may do so in a guided drill."""
    said = {"reason": body.reason if body else "a break", "who": who_asks(request)}
    return await _turn_clock(service, drill_id, role, "clock.stopped", said)


@router.post("/clock/start", status_code=201, response_model=Receipt, summary="Let the drill clock go on")
async def start_clock(drill_id: DrillInPath, request: Request, service: Service, role: Responding) -> Receipt:
    """The end of a break. One that goes already goes on."""
    return await _turn_clock(service, drill_id, role, "clock.started", {"who": who_asks(request)})


def read_guide(service: Parts, drill_id: str) -> Guide:
    """A drill's hints, as they stand on record. Raises NoSuchDrill."""
    drill, truth, _ = service.store.drill(drill_id)
    events = service.store.events_of(drill_id, hinting.TAKEN) if truth.hints else ()
    return Guide(drill, truth.hints, hinting.taken(truth.hints, events))


async def take(service: Parts, drill_id: str, who: str, level: int | None = None) -> tuple[Event, bool]:
    """Take the next hint for somebody, or the one of a `level`; its event, and whether it is new.

    Raises Problem 404 where there are none, 409 when none is left or the drill is over, and 422 for a level that does
    not come next.
    """
    guide = await run_in_threadpool(read_guide, service, drill_id)
    if not guide.hints:
        raise Problem(404, "No hints", "this drill has no hints; it is not a guided one")
    if level is not None and level <= len(guide.taken):
        return guide.taken[level - 1], False
    if guide.drill.ended_at is not None:
        raise Problem(409, "It is over", "the drill has ended; all of its hints can be read with its truth")
    following = guide.following
    if following is None:
        raise Problem(409, "That was all", f"all {len(guide.hints)} hints were taken")
    if level is not None and level != following.level:
        last = f"; there are {len(guide.hints)}" if level > len(guide.hints) else ""
        raise unreadable("#/level", f"hint {following.level} comes next, not {level}{last}")
    event = hinting.take(guide.hints, following.level, who, datetime.now(UTC))
    [stamped] = await service.writer.append(drill_id, [event], first_stands=True)
    return stamped.event, stamped.is_new


def who_asks(request: Request) -> str:
    """By which name the asker is on record."""
    asker = asker_of(request)
    return asker.person or asker.name or asker.role.value


async def _turn_clock(service: Parts, drill_id: str, role: Role, kind: Kind, said: dict[str, str]) -> Receipt:
    guide = await run_in_threadpool(read_guide, service, drill_id)
    if role is not Role.FACILITATOR and not guide.hints:
        raise Problem(403, "Not yours to do", "in this drill the clock is the facilitator's; it is not a guided one")
    if guide.drill.ended_at is not None:
        raise Problem(409, "It is over", "the drill has ended, and its clock with it")
    event = Event(kind=kind, occurred_at=datetime.now(UTC), source="console", data=dict(said))
    [stamped] = await service.writer.append(drill_id, [event])
    return Receipt(seq=stamped.seq, hash=str(stamped.event.hash))


def _shown(event: Event) -> TakenHint:
    return TakenHint(level=event.data["level"], text=event.data["text"], cost=event.data["cost"], at=event.occurred_at)
