"""From where an exercise is steered, and what a form makes there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.desk.forms import Seat
from scoring.exercise import Exercise
from scoring.exercise.scenario_time import ScenarioTime
from scoring.timeline import Data, Event

FACILITATOR = "facilitator"
OBSERVER = "observer"
ROOM = "room"
"""The sources of events: who wrote them, and for whom."""


@dataclass(frozen=True)
class Chair:
    """The exercise as it stands, its clock, and the seat at the desk of whoever fills in a form.

    `key` is that of the form: it makes a resend count once.
    """

    exercise: Exercise
    time: ScenarioTime
    seat: Seat
    key: str

    @property
    def now(self) -> datetime:
        """When the form came in."""
        return self.seat.now


@dataclass(frozen=True)
class Made:
    """An event to be written; `at` is when it happened."""

    kind: str
    data: Data
    at: datetime
    source: str = FACILITATOR


def key_of(key: str, number: int) -> str:
    """The key of the event of that number, from 0, which a form with a key makes."""
    return f"{key}/{number}" if number else key


def keyed(made: Sequence[Made], key: str) -> list[Event]:
    """Events under a form's key, so that what is sent twice is written once."""
    return [
        Event.model_validate(
            {
                "kind": each.kind,
                "occurred_at": each.at,
                "source": each.source,
                "data": each.data,
                "key": key_of(key, number),
            }
        )
        for number, each in enumerate(made)
    ]
