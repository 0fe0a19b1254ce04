"""What the room may see of an exercise: what it is given at the start, and what was revealed to it since.

It is made of the scenario's public parts and of the record, never of injects to come, of what is expected, or of notes.
"""

from collections.abc import Sequence
from datetime import datetime

from scoring.desk import Piece
from scoring.desk.looking import listed_in, ordered
from scoring.exercise.looking import DELIVERED
from scoring.exercise.scenario_time import ScenarioTime
from scoring.playbook import Playbook
from scoring.tabletop import EVERYBODY, Scenario
from scoring.timeline import Drill, Event, Instant


class SeatAtTable(Piece):
    """A seat at the table; `number` counts from 1. `role` is its id, `does` what falls to it."""

    number: int
    role: str
    title: str
    does: str
    player: str


class Revealed(Piece):
    """An inject as its receivers get it; `number` counts what was revealed, from 1, and `at_s` is scenario time."""

    number: int
    at: Instant
    at_s: float
    title: str
    sender: str
    to: tuple[str, ...]
    channel: str
    text: str
    is_to_seat: bool


class Room(Piece):
    """An exercise as the room sees it at `now`; the newest inject comes first.

    `seat` is from whose seat it is looked at, null for a screen that all look at; `knows` is what that seat alone
    knows. Others' injects are shown as well, marked by `is_to_seat`: in a room they are read out.
    """

    drill: str
    title: str
    situation: str
    now: Instant
    elapsed_s: float
    has_begun: bool
    is_stopped: bool
    is_over: bool
    injects: tuple[Revealed, ...]
    seats: tuple[SeatAtTable, ...]
    seat: SeatAtTable | None
    knows: str


def enter(
    scenario: Scenario,
    playbook: Playbook,
    drill: Drill,
    events: Sequence[Event],
    now: datetime,
    seat_number: int | None = None,
) -> Room:
    """The room at `now`, seen from a seat, if it has a number that there is. Pure."""
    time = ScenarioTime(drill, events)
    until = min(now, drill.ended_at) if drill.ended_at else now
    seats = seats_of(scenario, playbook)
    seat = next((each for each in seats if each.number == seat_number), None)
    shown = [event for event in ordered(events) if event.kind == DELIVERED]
    revealed = [_revealed(number, event, time, playbook, seat) for number, event in enumerate(shown, 1)]
    return Room(
        drill=drill.id,
        title=scenario.title,
        situation=scenario.situation,
        now=now,
        elapsed_s=round(time.elapsed_s(until), 3),
        has_begun=any(event.kind == "clock.started" for event in events),
        is_stopped=drill.ended_at is None and time.is_stopped(now),
        is_over=drill.ended_at is not None,
        injects=tuple(reversed(revealed)),
        seats=seats,
        seat=seat,
        knows=(scenario.participants[seat.number - 1].knows or "") if seat else "",
    )


def seats_of(scenario: Scenario, playbook: Playbook) -> tuple[SeatAtTable, ...]:
    """The seats at the table."""
    roles = {role.id: role for role in playbook.roles}
    return tuple(
        SeatAtTable(
            number=number,
            role=each.role,
            title=roles[each.role].title,
            does=roles[each.role].does,
            player=each.player or "",
        )
        for number, each in enumerate(scenario.participants, 1)
    )


def _revealed(number: int, event: Event, time: ScenarioTime, playbook: Playbook, seat: SeatAtTable | None) -> Revealed:
    to = listed_in(event, "to")
    titles = {role.id: role.title for role in playbook.roles}
    return Revealed(
        number=number,
        at=event.occurred_at,
        at_s=time.elapsed_s(event.occurred_at),
        title=event.text("title"),
        sender=event.text("from"),
        to=tuple(titles.get(name, name) for name in to),
        channel=event.text("channel"),
        text=event.text("text"),
        is_to_seat=seat is None or EVERYBODY in to or seat.role in to,
    )
