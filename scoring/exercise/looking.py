"""A look at an exercise: what scenario, record and an instant come to."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from scoring.desk import Said
from scoring.desk.looking import by_of, ordered
from scoring.desk.sentences import tell
from scoring.exercise import ActionState, Exercise, Expected, InjectState, Scheduled, Seen
from scoring.exercise.answering import find_answers
from scoring.exercise.rating import NOTED, reached
from scoring.exercise.scenario_time import ScenarioTime
from scoring.playbook import Playbook
from scoring.tabletop import Action, Inject, Scenario
from scoring.timeline import Drill, Event

DELIVERED = "inject.delivered"
ANSWERED = "inject.answered"
_SLACK_S = 1e-3


def look(scenario: Scenario, playbook: Playbook, drill: Drill, events: Sequence[Event], now: datetime) -> Exercise:
    """The exercise at `now`, or at its end where that was before; `events` are in the order of arrival. Pure.

    Of several ticks of an action the one that arrived last stands.
    """
    until = min(now, drill.ended_at) if drill.ended_at else now
    time = ScenarioTime(drill, events)
    reading = _Reading(scenario, playbook, drill, events, time, time.elapsed_s(until))
    injects = tuple(reading.scheduled(number, inject) for number, inject in enumerate(scenario.injects, 1))
    notes = [event for event in events if event.kind == NOTED]
    return Exercise(
        scenario=scenario,
        playbook=playbook,
        drill=drill,
        now=now,
        elapsed_s=time.elapsed_s(until),
        has_begun=any(event.kind == "clock.started" for event in events),
        stopped=_stopped(events) if drill.ended_at is None and time.is_stopped(now) else None,
        injects=injects,
        objectives=tuple(reached(objective, injects, notes) for objective in scenario.objectives),
    )


class _Reading:
    """What the events say of injects and actions."""

    def __init__(
        self,
        scenario: Scenario,
        playbook: Playbook,
        drill: Drill,
        events: Sequence[Event],
        time: ScenarioTime,
        elapsed_s: float,
    ) -> None:
        self._time, self._elapsed_s = time, elapsed_s
        self._is_over = drill.ended_at is not None
        self._delivered = _first_by(events, DELIVERED, "id")
        self._ticks = _last_by(events, ANSWERED, "action")
        self._texts = {action.id: action.text for _, action in scenario.actions()}
        self._done = {action for action, tick in self._ticks.items() if tick.data.get("met") is True}
        self._seen = self._unticked_answers(scenario, playbook, events)

    def scheduled(self, number: int, inject: Inject) -> Scheduled:
        delivered = self._delivered.get(inject.id)
        state = self._state(inject)
        return Scheduled(
            number=number,
            inject=inject,
            state=state,
            delivered_s=self._time.elapsed_s(delivered.occurred_at) if delivered else None,
            waits_for=tuple(self._texts[name] for name in inject.waits_for if name not in self._done),
            expected=tuple(self._expected(action, delivered, state) for action in inject.expects),
        )

    def _state(self, inject: Inject) -> InjectState:
        if inject.id in self._delivered:
            return "delivered"
        if self._is_over or (inject.unless and self._done.issuperset(inject.unless)):
            return "left_out"
        if not self._done.issuperset(inject.waits_for):
            return "held"
        return "due" if self._elapsed_s >= inject.at - _SLACK_S else "ahead"

    def _expected(self, action: Action, delivered: Event | None, inject: InjectState) -> Expected:
        tick, seen = self._ticks.get(action.id), self._seen.get(action.id)
        begun_s = self._time.elapsed_s(delivered.occurred_at) if delivered else None
        due_s = begun_s + action.within if begun_s is not None and action.within is not None else None
        done_s = self._time.elapsed_s(tick.occurred_at) if tick and action.id in self._done else None
        return Expected(
            action=action,
            state=self._action_state(tick, done_s, due_s, inject),
            due_s=due_s,
            done_s=done_s,
            by=tick.text("by") if tick else "",
            note=tick.text("note") if tick else "",
            seen=self._told(seen) if seen and tick is None else None,
        )

    def _action_state(
        self, tick: Event | None, done_s: float | None, due_s: float | None, inject: InjectState
    ) -> ActionState:
        if done_s is not None:
            return "done" if due_s is None or done_s <= due_s + _SLACK_S else "late"
        if tick is not None:
            return "not_done"
        if inject == "left_out":
            return "left_out"
        if inject != "delivered":
            return "waiting"
        if self._is_over:
            return "not_done"
        return "overdue" if due_s is not None and self._elapsed_s > due_s + _SLACK_S else "open"

    def _unticked_answers(self, scenario: Scenario, playbook: Playbook, events: Sequence[Event]) -> Mapping[str, Event]:
        """What happened that no tick claims, for actions that were asked for and are not ticked."""
        claimed = {tick.text("event") for tick in self._ticks.values()}
        free = [event for event in ordered(events) if event.name not in claimed]
        asked = [
            action
            for inject, action in scenario.actions()
            if inject.id in self._delivered and action.id not in self._ticks
        ]
        return find_answers(asked, free, playbook)

    def _told(self, event: Event) -> Seen:
        at = event.occurred_at
        return Seen(event=event.name, at=at, at_s=self._time.elapsed_s(at), text=tell(event).text)


def _first_by(events: Sequence[Event], kind: str, field: str) -> dict[str, Event]:
    found: dict[str, Event] = {}
    for event in events:
        if event.kind == kind:
            found.setdefault(event.text(field), event)
    return found


def _last_by(events: Sequence[Event], kind: str, field: str) -> dict[str, Event]:
    return {event.text(field): event for event in events if event.kind == kind}


def _stopped(events: Sequence[Event]) -> Said | None:
    """The stop that holds: the first since the clock last went on."""
    stop: Event | None = None
    for event in ordered([event for event in events if event.kind in ("clock.stopped", "clock.started")]):
        if event.kind == "clock.started":
            stop = None
        elif stop is None:
            stop = event
    return Said(at=stop.occurred_at, by=by_of(stop), text=stop.text("reason")) if stop else None
