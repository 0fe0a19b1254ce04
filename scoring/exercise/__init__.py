"""A tabletop as it is held: what a scenario and the record of its drill come to at an instant. Pure.

Everything is on the record, so that a restart, or another machine, goes on where it was: the scenario is kept with the
drill's start, a revealed inject is `inject.delivered` with what it shows, a ticked action is `inject.answered` with the
event that it stands for. Scenario time is the drill clock, in drill seconds since the start.
"""

from typing import Literal

from scoring.desk import Piece, Said
from scoring.playbook import Playbook
from scoring.scorecard.cards import Mark
from scoring.tabletop import Action, Inject, Objective, Scenario
from scoring.timeline import Drill, Instant

InjectState = Literal["delivered", "due", "ahead", "held", "left_out"]
"""Of an inject: revealed; its time has come; its time is to come; it waits for an action that is not done; it is left
out, for the room has done already what it would remind of, or because the exercise is over."""
ActionState = Literal["waiting", "open", "overdue", "done", "late", "not_done", "left_out"]
"""Of an expected action: its inject is not revealed; to be done; the time for it is over; done in time; done too late;
not done by the end, or ticked so; never asked for."""


class Seen(Piece):
    """Something on the timeline that does what is expected. `event` is how a scorecard points at it."""

    event: str
    at: Instant
    at_s: float
    text: str


class Expected(Piece):
    """An expected action as it stands. `due_s` is until when it is in time, null where that is not known or unlimited.

    `done_s` is when it was done, `by` whom as far as was said; `seen` is what happened and was not ticked yet.
    """

    action: Action
    state: ActionState
    due_s: float | None
    done_s: float | None
    by: str
    note: str
    seen: Seen | None

    @property
    def is_open(self) -> bool:
        """Whether it can still be done."""
        return self.state in ("waiting", "open", "overdue")


class Scheduled(Piece):
    """An inject of the master scenario events list as it stands; `number` counts from 1.

    `waits_for` are the texts of the actions without which it is held back.
    """

    number: int
    inject: Inject
    state: InjectState
    delivered_s: float | None
    waits_for: tuple[str, ...]
    expected: tuple[Expected, ...]

    @property
    def is_ahead(self) -> bool:
        """Whether it is still to be revealed, in the order of things."""
        return self.state in ("due", "ahead", "held")


class Rating(Piece):
    """The mark that somebody gave last for an objective, if any, and all that they said of it."""

    by: str
    role: str
    mark: Mark | None
    texts: tuple[str, ...]
    at: Instant


class Reached(Piece):
    """How far an objective was reached.

    `mark` is the facilitator's, else the lowest of the observers'; null while nobody gave one. `by_ticks` is what the
    expected actions show, see `rating.mark_by_ticks`.
    """

    objective: Objective
    mark: Mark | None
    by_ticks: Mark | None
    ratings: tuple[Rating, ...]
    expected: tuple[tuple[Scheduled, Expected], ...]

    def count(self, *states: ActionState) -> int:
        """How many of its actions stand so."""
        return sum(each.state in states for _, each in self.expected)


class Exercise(Piece):
    """An exercise at `now`. `elapsed_s` is the scenario's time; `stopped` says that the clock stands, and why."""

    scenario: Scenario
    playbook: Playbook
    drill: Drill
    now: Instant
    elapsed_s: float
    has_begun: bool
    stopped: Said | None
    injects: tuple[Scheduled, ...]
    objectives: tuple[Reached, ...]

    @property
    def is_over(self) -> bool:
        """Whether it was ended."""
        return self.drill.ended_at is not None

    @property
    def next(self) -> Scheduled | None:
        """The inject to reveal next: the first that is not held back."""
        return next((each for each in self.injects if each.state in ("due", "ahead")), None)

    def scheduled(self, inject_id: str) -> Scheduled | None:
        """The inject of that id."""
        return next((each for each in self.injects if each.inject.id == inject_id), None)

    def expected(self, action_id: str) -> tuple[Scheduled, Expected] | None:
        """The expected action of that id, with its inject."""
        return next(((each, one) for each in self.injects for one in each.expected if one.action.id == action_id), None)
