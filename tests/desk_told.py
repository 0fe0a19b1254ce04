"""Desks told briefly: events by minutes after the start, under a playbook, at an instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.desk import Call, Desk, SlaClock
from scoring.desk.forms import Form, Seat
from scoring.desk.looking import look
from scoring.desk.moments import drill_time
from scoring.playbook import Playbook
from scoring.timeline import Drill, Event

START = datetime(2026, 1, 5, 10, tzinfo=UTC)


class Told:
    """A drill; each event is `(minute, kind, data)`, with minutes of wall time since the start."""

    def __init__(self, playbook: Playbook, *events: tuple[float, str, dict[str, Any]], clock: float = 1.0) -> None:
        self.playbook = playbook
        self.events = [
            Event(kind=kind, occurred_at=self.at(minute), source="test", data=data, key=f"{kind}/{number}")
            for number, (minute, kind, data) in enumerate(events)
        ]
        self.drill = Drill(id="d", clock=clock, started_at=START, playbook=playbook.name)

    @staticmethod
    def at(minute: float) -> datetime:
        return START + timedelta(minutes=minute)

    def ended(self, minute: float) -> "Told":
        self.drill = self.drill.model_copy(update={"ended_at": self.at(minute)})
        return self

    def desk(self, minute: float) -> Desk:
        return look(self.drill, self.playbook, self.events, self.at(minute))

    def clock(self, name: str, minute: float) -> SlaClock:
        return next(clock for clock in self.desk(minute).clocks if clock.id == name)

    def call(self, to: str, minute: float, rule: str = "") -> Call:
        return next(call for call in self.desk(minute).calls if call.to == to and rule in ("", call.rule))

    def seat(self, minute: float, who: str = "Ada") -> Seat:
        now = self.at(minute)
        time = drill_time(self.drill, self.events)
        return Seat(self.desk(minute), self.playbook, who, now, lambda drill_s: time.later(now, drill_s))


def alert(name: str = "HighErrorRate", **notes: str) -> dict[str, Any]:
    return {"labels": {"alertname": name}, "annotations": notes, "fingerprint": name}


def filled(**fields: str | list[str]) -> Form:
    """A form as it is sent."""
    pairs = [(n, v) for n, values in fields.items() for v in (values if isinstance(values, list) else [values])]
    return Form(pairs)
