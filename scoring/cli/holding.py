"""A tabletop as what the service is started for: opened or taken up again, with links for all who take part."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

import httpx
import typer

from scoring.api.auth import Role
from scoring.api.tabletops import new_id
from scoring.cli.databases import Place
from scoring.cli.service import Told
from scoring.documents.reading import locate, read_text
from scoring.errors import ServiceError
from scoring.exercise.kept import open_tabletop, read_kept, stop_clock
from scoring.exercise.room import SeatAtTable, seats_of
from scoring.exercise.scenario_time import ScenarioTime
from scoring.playbook.file import parse_playbook
from scoring.record.tokens import Tokens
from scoring.tabletop.file import FORM, Prepared, parse_scenario, playbook_text_of
from scoring.tabletop.words import elapsed, lasts
from scoring.timeline import Drill

_LASTS = timedelta(hours=12)
_TOKEN = "GAMEDAY_FACILITATOR_TOKEN"


@dataclass(frozen=True)
class Asked:
    """Which tabletop is to be held, for whom. `is_new` says that none is to be taken up."""

    prepared: Prepared
    text: str
    playbook_text: str
    clock: float | None
    team: str | None
    people: tuple[str, ...]
    observers: int
    is_new: bool

    @classmethod
    def of(cls, name: str, **asked: Any) -> Self:
        """By the name of a scenario that ships, or a file. Raises TabletopError."""
        path = locate(name, FORM)
        text = read_text(path, FORM)
        prepared = parse_scenario(text, str(path), path.parent)
        return cls(prepared, text, playbook_text_of(prepared.scenario.playbook, path.parent), **asked)


@dataclass(frozen=True)
class _Invited:
    """Somebody who takes part: their role, by which name, and to which page their link leads."""

    who: str
    role: Role
    name: str
    page: str


@contextmanager
def hold(asked: Asked, place: Place, url: str, emphasised: Callable[[str], str]) -> Iterator[Told]:
    """The tabletop, until the service has ended; then its clock is stopped, unless it was ended or has not begun."""
    drill, is_taken_up = _taken_up(asked, place), True
    if drill is None:
        drill, is_taken_up = _opened(asked, place), False
    book = parse_playbook(place.store.playbook_text(drill.id), "the playbook that was kept")
    events = [event for _, event in place.store.events_after(drill.id, 0, 1)]
    scenario = read_kept(events, book)
    tokens = Tokens(place.engine)
    links = [
        (each, f"{url}{_path(tokens.issue_code(each.role, each.name, ttl=_LASTS), drill.id, each.page)}")
        for each in _invited(seats_of(scenario, book), asked.observers)
    ]
    plain = {
        "drill": drill.id,
        "links": [{"who": each.who, "role": each.role.value, "url": link} for each, link in links],
    }
    head = f"{emphasised(scenario.title)}, {lasts(scenario)}: tabletop {drill.id}"
    yield Told((head, *(["it is taken up where it was"] if is_taken_up else []), *_lines(links)), plain)
    for line in _put_down(place, drill.id, scenario.name):
        typer.echo(line, err=True)


def open_at(url: str, asked: Asked) -> list[str]:
    """What to say of a tabletop that was opened at a service that runs. Raises ServiceError."""
    token = os.environ.get(_TOKEN, "")
    if not token:
        raise ServiceError(f"--service: set {_TOKEN} to a facilitator's token of {url}; see 'gameday tokens new'")
    body = {
        "scenario_text": asked.text,
        "playbook_text": asked.playbook_text,
        "clock": asked.clock,
        "team": asked.team,
        "people": list(asked.people),
    }
    try:
        with httpx.Client(base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            opened = _answer(client.post("/api/v1/tabletops", json=body))
            seats = tuple(SeatAtTable.model_validate(seat) for seat in opened["seats"])
            links = [(each, _link(client, url, opened["id"], each)) for each in _invited(seats, asked.observers)]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServiceError(f"--service {url}: {error}; is 'gameday serve' running there?") from None
    return [f"{opened['title']}: tabletop {opened['id']} at {url}", *_lines(links)]


def _link(client: httpx.Client, url: str, drill_id: str, each: _Invited) -> str:
    body = {
        "role": each.role.value,
        "name": each.name,
        "to": f"/drills/{drill_id}/tabletop/{each.page}",
        "lasts_s": int(_LASTS.total_seconds()),
    }
    return f"{url.rstrip('/')}{_answer(client.post('/api/v1/tokens/links', json=body))['path']}"


def _answer(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        raise ServiceError(f"{answer.url} answers {answer.status_code}, and not as a scoring service does") from None
    if answer.is_success and isinstance(told, dict):
        return told
    raise ServiceError(f"{answer.url} answers {answer.status_code}: {told.get('detail', '')}")


def _taken_up(asked: Asked, place: Place) -> Drill | None:
    """The latest tabletop by this scenario that is still held."""
    if asked.is_new:
        return None
    name = f"tabletop/{asked.prepared.scenario.name}"
    return next(
        (each for each in reversed(place.store.running()) if each.is_tabletop and each.experiment == name), None
    )


def _opened(asked: Asked, place: Place) -> Drill:
    at = datetime.now(UTC)
    opening = open_tabletop(
        asked.prepared,
        asked.text,
        drill_id=new_id(at),
        at=at,
        clock=asked.clock,
        team=asked.team,
        people=asked.people,
    )
    place.store.create(opening.drill, opening.truth, asked.playbook_text)
    place.store.append(opening.drill.id, opening.events, at)
    return opening.drill


def _invited(seats: tuple[SeatAtTable, ...], observers: int) -> Iterator[_Invited]:
    yield _Invited("you, the facilitator", Role.FACILITATOR, "facilitator", "facilitate")
    for seat in seats:
        who = f"{seat.title}{f' ({seat.player})' if seat.player else ''}"
        yield _Invited(who, Role.RESPONDER, seat.player or seat.title, f"seats/{seat.number}")
    yield _Invited("the screen that all look at", Role.OBSERVER, "the room's screen", "room")
    for number in range(1, observers + 1):
        name = "observer" if observers == 1 else f"observer {number}"
        yield _Invited(name, Role.OBSERVER, name, "observe")


def _lines(links: list[tuple[_Invited, str]]) -> Iterator[str]:
    width = max(len(each.who) for each, _ in links)
    yield from (f"  {each.who:<{width}}  {link}" for each, link in links)
    yield "each link signs in once, within twelve hours; the facilitator's page makes more"


def _path(code: str, drill_id: str, page: str) -> str:
    return f"/sign-in?{urlencode({'code': code, 'to': f'/drills/{drill_id}/tabletop/{page}'}, safe='/:')}"


def _put_down(place: Place, drill_id: str, scenario: str) -> Iterator[str]:
    """Stop the clock of an exercise that goes on another time, and say how."""
    timeline = place.store.timeline(drill_id)
    if timeline.drill.ended_at is not None:
        yield f"the exercise is over; its report: gameday tabletop report {drill_id} --format pdf"
        return
    now = datetime.now(UTC)
    stop = stop_clock(timeline.drill, timeline.events, now)
    if stop is not None:
        place.store.append(drill_id, [stop], now)
    at = elapsed(round(ScenarioTime(timeline.drill, timeline.events).elapsed_s(now)))
    yield f"the clock stands at {at}; take the exercise up again: gameday tabletop run {scenario}"
