"""A rehearsal: the timeline of a room that does everything that is expected of it, so that a scenario can be proven.

What such a room earns is the most that the script leaves to be earned. A scenario in which it falls short asks for too
little (an update that nobody is expected to post) or too late.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from scoring.tabletop import Action, Inject
from scoring.tabletop.file import Prepared
from scoring.timeline import Data, Drill, Event, Timeline

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_AT_ONCE_S = 60.0
"""After how many drill seconds an action is done that has no time of its own."""


def rehearse(prepared: Prepared) -> Timeline:
    """The timeline of a room that does each expected action at half of its time. Pure; a drill second lasts one."""
    scenario = prepared.scenario
    drill = Drill(
        id=f"rehearsal-{scenario.name}",
        clock=1.0,
        started_at=_START,
        ended_at=_at(scenario.duration),
        playbook=prepared.playbook.name,
        not_assessed=scenario.not_assessed,
    )
    return Timeline(drill=drill, truth=prepared.truth, events=tuple(_events(prepared)))


def _events(prepared: Prepared) -> Iterator[Event]:
    done: dict[str, float] = {}
    for inject in prepared.scenario.injects:
        due_s = max([inject.at, *(done.get(name, 0.0) for name in inject.waits_for)])
        if inject.unless and all(done.get(name, due_s + 1) <= due_s for name in inject.unless):
            continue
        yield from _shown(inject, due_s)
        for action in inject.expects:
            done[action.id] = due_s + (action.within / 2 if action.within is not None else _AT_ONCE_S)
            yield from _answered(action, done[action.id])


def _shown(inject: Inject, due_s: float) -> Iterator[Event]:
    for number, shown in enumerate(inject.shows):
        key = f"{inject.id}/{number}"
        yield Event(kind=shown.event, occurred_at=_at(due_s), source="facilitator", data=shown.data(), key=key)


def _answered(action: Action, done_s: float) -> Iterator[Event]:
    if action.answers is None:
        return
    written = _update(action, done_s) if action.answers.event == "update.posted" else {}
    for number, said in enumerate(action.answers.data()):
        data, key = {**written, **said}, f"{action.id}/{number}"
        yield Event(kind=action.answers.event, occurred_at=_at(done_s), source="room", data=data, key=key)


def _update(action: Action, done_s: float) -> Data:
    """What a room writes into an update beside whom it tells."""
    next_at = _at(done_s + (action.within or _AT_ONCE_S)).isoformat()
    return {"status": "investigating", "impact": action.text, "next_step": action.text, "next_update_at": next_at}


def _at(drill_s: float) -> datetime:
    return _START + timedelta(seconds=drill_s)
