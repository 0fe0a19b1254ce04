"""A small exercise, steered as from the page: the clock is the test's, and the record a list."""

from datetime import UTC, datetime, timedelta
from itertools import count

from scoring.desk.forms import Form, Seat
from scoring.desk.looking import look as look_at_desk
from scoring.desk.moments import drill_time
from scoring.exercise import Exercise, Expected, Scheduled
from scoring.exercise.chair import Chair
from scoring.exercise.kept import open_tabletop
from scoring.exercise.looking import look
from scoring.exercise.responding import answer
from scoring.exercise.room import Room, enter
from scoring.exercise.scenario_time import ScenarioTime
from scoring.exercise.steering import steer
from scoring.tabletop.file import Prepared
from scoring.timeline import Event

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SCENARIO = """
name: at-noon
title: A morning
playbook: llm-research-lab
duration: 1h
situation: The shop takes two hundred orders a minute.
summary: A job holds every connection.
truth: {failure_mode: database/connection-exhaustion, component: postgres, severity: SEV-1, alerts: [HighErrorRate]}
objectives:
  - {id: respond, dimension: acknowledge, text: It is taken at once., tasks: [the page is acknowledged]}
  - {id: mend, dimension: diagnose, text: The cause is found., tasks: [the job is stopped]}
participants:
  - {role: incident-commander, player: Ada, knows: The job runs at nine.}
  - {role: scribe}
injects:
  - id: first-page
    at: 0m
    title: Errors
    from: the monitor
    to: [everybody]
    channel: page
    kind: alert
    text: Requests fail.
    note: Ask who has it.
    shows:
      - {event: fault.injected}
      - {event: impact.started, error_share: 0.4}
      - {event: alert.firing, alert: HighErrorRate}
    expects:
      - {id: take-it, text: Somebody has it., objective: respond, within: 5m, answers: {event: incident.acknowledged}}
      - {id: name-it, text: SEV-1 is said., objective: respond, answers: {event: incident.declared, severity: SEV-1}}
  - id: sessions
    at: 10m
    title: What the database shows
    from: the database
    to: [incident-commander]
    channel: terminal
    kind: symptom
    text: All sessions are idle.
    expects:
      - {id: stop-it, text: The job is stopped., objective: mend, within: 10m}
  - id: a-reminder
    at: 20m
    title: Did you look at the job?
    from: a colleague
    to: [everybody]
    channel: chat
    kind: question
    text: It did that before.
    unless: [stop-it]
  - id: orders-again
    at: 25m
    title: Orders come in
    from: the dashboard
    to: [everybody]
    channel: dashboard
    kind: served-again
    text: No request fails.
    waits_for: [stop-it]
    shows:
      - {event: impact.ended}
"""


class Table:
    """An exercise whose clock is moved by hand. Keys of forms are numbers."""

    def __init__(self, prepared: Prepared, text: str = SCENARIO) -> None:
        opening = open_tabletop(prepared, text, drill_id="d-1", at=START)
        self.prepared, self.drill, self.events = prepared, opening.drill, list(opening.events)
        self.now = START
        self._keys = count()

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def does(self, form: str, **fields: str) -> list[Event]:
        """The facilitator does this. Raises Refused."""
        return self._write(steer(form, self._form(fields), self._chair()))

    def says(self, form: str, **fields: str) -> list[Event]:
        """The room does this by itself. Raises Refused."""
        return self._write(answer(form, self._form(fields), self._chair()))

    def told(self, kind: str, **data: object) -> Event:
        """Something else that comes onto the timeline."""
        event = told_at(kind, self.now, f"k{next(self._keys)}", **data)
        self.events.append(event)
        return event

    @property
    def exercise(self) -> Exercise:
        return look(self.prepared.scenario, self.prepared.playbook, self.drill, self.events, self.now)

    def room(self, seat: int | None = None) -> Room:
        return enter(self.prepared.scenario, self.prepared.playbook, self.drill, self.events, self.now, seat)

    def inject(self, name: str) -> Scheduled:
        found = self.exercise.scheduled(name)
        assert found is not None
        return found

    def action(self, name: str) -> Expected:
        found = self.exercise.expected(name)
        assert found is not None
        return found[1]

    def _form(self, fields: dict[str, str]) -> Form:
        return Form([(name.removesuffix("_"), value) for name, value in fields.items()])

    def _chair(self) -> Chair:
        desk = look_at_desk(self.drill, self.prepared.playbook, self.events, self.now)
        time = drill_time(self.drill, self.events)
        seat = Seat(desk, self.prepared.playbook, "Grace", self.now, lambda drill_s: time.later(self.now, drill_s))
        return Chair(self.exercise, ScenarioTime(self.drill, self.events), seat, f"f{next(self._keys)}")

    def _write(self, events: list[Event]) -> list[Event]:
        self.events += events
        for event in events:
            if event.kind == "drill.ended":
                self.drill = self.drill.model_copy(update={"ended_at": event.occurred_at})
        return events


def told_at(kind: str, at: datetime, key: str, **data: object) -> Event:
    """An event."""
    return Event.model_validate({"kind": kind, "occurred_at": at, "data": data, "key": key})
