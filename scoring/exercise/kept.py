"""A tabletop on the record: the drill that it is, and its scenario with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scoring.canonical import write_instant
from scoring.errors import TabletopError
from scoring.playbook import Playbook
from scoring.tabletop import Scenario
from scoring.tabletop.file import Prepared, parse_scenario
from scoring.timeline import TABLETOP, Drill, Event, Truth
from scoring.timeline.running import running_time

NOT_BEGUN = "the exercise has not begun"
INTERRUPTED = "the exercise was interrupted"
_FIELD = "tabletop"


@dataclass(frozen=True)
class Opening:
    """A tabletop to put on the record; its clock stands until the facilitator begins."""

    drill: Drill
    truth: Truth
    events: tuple[Event, ...]


def open_tabletop(
    prepared: Prepared,
    text: str,
    *,
    drill_id: str,
    at: datetime,
    clock: float | None = None,
    team: str | None = None,
    people: tuple[str, ...] = (),
) -> Opening:
    """The drill of a scenario. `text` is its YAML, kept with the drill's start; `clock` is its own where none is given.

    Neither the scenario's name nor its text is anywhere where a participant could read it before the end.
    """
    scenario = prepared.scenario
    drill = Drill(
        id=drill_id,
        clock=clock if clock is not None else scenario.clock,
        started_at=at,
        playbook=prepared.playbook.name,
        experiment=f"tabletop/{scenario.name}",
        responder=TABLETOP,
        team=team,
        people=people,
        not_assessed=scenario.not_assessed,
    )
    events = (
        Event(
            kind="drill.started",
            occurred_at=at,
            source="facilitator",
            data={_FIELD: {"scenario": text}},
            key="drill.started",
        ),
        Event(
            kind="clock.stopped",
            occurred_at=at,
            source="facilitator",
            data={"reason": NOT_BEGUN},
            key="clock.not-begun",
        ),
    )
    return Opening(drill, prepared.truth, events)


def scenario_text_of(events: Iterable[Event]) -> str | None:
    """The YAML of the scenario that a drill was opened with; None for a drill that is no tabletop."""
    for event in events:
        if event.kind == "drill.started":
            said = event.data.get(_FIELD)
            text = said.get("scenario") if isinstance(said, dict) else None
            return text if isinstance(text, str) else None
    return None


def read_kept(events: Iterable[Event], playbook: Playbook) -> Scenario:
    """The scenario of a drill, under the playbook that was kept with it. Raises TabletopError for a drill without."""
    text = scenario_text_of(events)
    if text is None:
        raise TabletopError("this drill is no tabletop: it was opened without a scenario; see 'gameday tabletop run'")
    return parse_scenario(text, "the drill's scenario", playbook=playbook).scenario


def stop_clock(drill: Drill, events: Iterable[Event], now: datetime) -> Event | None:
    """What stops the clock while nobody serves the exercise; None where it stands."""
    if running_time(drill, events).is_stopped(now):
        return None
    data = {"reason": INTERRUPTED}
    key = f"clock.interrupted/{write_instant(now)}"
    return Event(kind="clock.stopped", occurred_at=now, source="facilitator", data=data, key=key)
