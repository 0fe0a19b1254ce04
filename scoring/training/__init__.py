"""What a person has practised, how it went, and what is due again: pure, and published.

A practice is a drill, live or at a table, that was scored and in which something was injected. The silence of a control
drill is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scoring.scorecard.judgement import short_name

PRACTISE_EVERY = timedelta(days=91)
"""A quarter: "tabletop exercises quarterly" (autonomous-dev-system § Training)."""
SOON = timedelta(days=14)
"""What falls due within it counts as due: a drill wants to be arranged."""
TABLETOP = "tabletop"
"""The responder of a drill that has no target."""

State = Literal["met", "due", "overdue", "not_told"]
"""`due` is what comes soon, or was never met; `not_told` what no drill can show."""


@dataclass(frozen=True)
class Person:
    """A person, of the team of that id where there is one."""

    id: str
    name: str
    team: str | None = None


@dataclass(frozen=True)
class Practice:
    """How a person stands with one failure mode: how often it was played, and how it went the last time."""

    failure_mode: str
    drills: int
    last_drill: str
    last_at: datetime
    last_score: float | None
    last_mark: str | None
    due_at: datetime


@dataclass(frozen=True)
class Played:
    """A drill that a person took part in."""

    drill_id: str
    playbook: str
    failure_mode: str
    experiment: str
    started_at: datetime
    verdict: str
    score: float | None
    mark: str | None
    sla_met: bool
    control: bool = False
    responder: str = ""

    @property
    def is_practice(self) -> bool:
        """Whether it counts: a drill without a verdict does not, nor one in which nothing was injected."""
        return self.verdict == "scored" and bool(self.failure_mode) and not self.control

    @property
    def kind(self) -> str:
        """`control`, `tabletop` or `live`."""
        return "control" if self.control else TABLETOP if self.responder == TABLETOP else "live"


@dataclass(frozen=True)
class TrainingRecord:
    """What a person met, newest first, and when each failure mode is due again; `due_at` is when any drill is.

    `not_met` are failure modes that others have played. `due_at` is None for who never practised: that is due now.
    `reviews` were filed of drills that the person took part in, the last one at `reviewed_at`.
    """

    person: Person
    drills: tuple[Played, ...]
    practice: tuple[Practice, ...]
    due_at: datetime | None
    not_met: tuple[str, ...]
    reviews: int = 0
    reviewed_at: datetime | None = None


@dataclass(frozen=True)
class Due:
    """A person in a list: how many drills they practised in, and when the next one is due; None is now."""

    person: Person
    drills: int
    last_at: datetime | None
    due_at: datetime | None


def practice_of(played: Iterable[Played]) -> tuple[Practice, ...]:
    """By failure mode, what is due first at the front, from drills in the order newest first.

    A mode may be named with its family or without, as in a diagnosis: here it goes without.
    """
    by_mode: dict[str, list[Played]] = {}
    for each in played:
        if each.is_practice:
            by_mode.setdefault(short_name(each.failure_mode), []).append(each)
    practice = [
        Practice(mode, len(each), last.drill_id, at := last.started_at, last.score, last.mark, at + PRACTISE_EVERY)
        for mode, each in by_mode.items()
        for last in each[:1]
    ]
    return tuple(sorted(practice, key=lambda each: (each.due_at, each.failure_mode)))


def due_after(last_at: datetime | None) -> datetime | None:
    """When practice is due that was had at `last_at`; None, which is now, for none."""
    return last_at + PRACTISE_EVERY if last_at else None


def state_of(due_at: datetime | None, now: datetime) -> State:
    """How something stands that is due at an instant, or now if that is None."""
    if due_at is None:
        return "due"
    if due_at <= now:
        return "overdue"
    return "due" if due_at - now <= SOON else "met"
