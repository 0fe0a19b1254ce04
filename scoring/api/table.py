"""Whoever is at the table of a tabletop: the exercise as it stands for them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from fastapi import Request

from scoring.api.auth import Role
from scoring.api.desks import OnRecord
from scoring.api.filling import caller
from scoring.api.known import read_playbook
from scoring.api.parts import Parts
from scoring.api.problems import Problem
from scoring.api.sitting import Sitting
from scoring.errors import RecordError
from scoring.exercise import Exercise
from scoring.exercise.after_action import Report, report
from scoring.exercise.chair import Chair
from scoring.exercise.kept import scenario_text_of
from scoring.exercise.looking import look
from scoring.exercise.room import Room, enter
from scoring.exercise.scenario_time import ScenarioTime
from scoring.tabletop import Scenario
from scoring.tabletop.file import parse_scenario


@dataclass(frozen=True)
class Table:
    """A sitting at a tabletop, at an instant."""

    sitting: Sitting
    scenario: Scenario

    @property
    def record(self) -> OnRecord:
        """The drill as far as it is on disk."""
        return self.sitting.record

    @cached_property
    def exercise(self) -> Exercise:
        """Everything, for whoever may know the truth."""
        record = self.record
        return look(self.scenario, record.playbook, record.drill, record.events, self.sitting.now)

    @cached_property
    def time(self) -> ScenarioTime:
        """The scenario's clock."""
        return ScenarioTime(self.record.drill, self.record.events)

    def room(self, seat: int | None = None) -> Room:
        """What the room may see."""
        record = self.record
        return enter(self.scenario, record.playbook, record.drill, self.sitting.events, self.sitting.now, seat)

    def chair(self, key: str) -> Chair:
        """From where a form is filled in, known by its key."""
        return Chair(self.exercise, self.time, self.sitting.seat, key)

    def report(self) -> Report:
        """The after-action report as it stands, for whoever may know the truth."""
        card, no_card = None, ""
        try:
            card = self.sitting.service.boards.scorecard(self.record.drill.id)
        except RecordError as error:
            no_card = f"There is none: {error}."
        return report(self.exercise, self.record.events, card, no_card)


def take_seat(request: Request, service: Parts, drill_id: str, role: Role) -> Table:
    """Sit down at a tabletop. Raises NoSuchDrill, RecordError, and Problem 404 for a drill that is none."""
    return at_table(service, drill_id, role, caller(request))


def at_table(service: Parts, drill_id: str, role: Role, who: str) -> Table:
    """The table, for whoever is called so. Raises as `take_seat`."""
    record = service.desks.read(drill_id)
    text = scenario_text_of(record.events)
    if text is None:
        detail = f"drill '{drill_id}' is no tabletop: it was opened without a scenario"
        raise Problem(404, "No tabletop", detail)
    scenario = _scenario(text, service.store.playbook_text(drill_id))
    return Table(Sitting(service, record, role, who, datetime.now(UTC)), scenario)


@lru_cache(maxsize=32)
def _scenario(text: str, playbook_text: str) -> Scenario:
    """A scenario as a drill keeps it, parsed once."""
    return parse_scenario(text, "the drill's scenario", playbook=read_playbook(playbook_text)).scenario
