"""Whoever sits at a drill: what they may see of it, and what the pages of the seats have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from scoring.api.auth import Role
from scoring.api.desks import OnRecord
from scoring.api.filling import caller, new_key
from scoring.api.guided import Guide
from scoring.api.parts import Parts
from scoring.api.withheld import drill_for, shown_while_running
from scoring.console.render import page
from scoring.console.shown import Shown
from scoring.desk import Desk
from scoring.desk.drafts import Fields
from scoring.desk.drill_time import DrillTime
from scoring.desk.forms import Form, Refused, Seat
from scoring.desk.looking import ordered
from scoring.desk.moments import drill_time, moments
from scoring.desk.served import Served, impact_in_words, served_lately
from scoring.desk.steering import held_faults
from scoring.timeline import Event
from scoring.training import hinting

_LINES = 100


@dataclass(frozen=True)
class Book:
    """A runbook of the drill, and the page on which it is read."""

    address: str
    title: str
    path: str


@dataclass(frozen=True)
class Sitting:
    """Somebody at a drill, at an instant."""

    service: Parts
    record: OnRecord
    role: Role
    who: str
    now: datetime

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """What a responder may see."""
        if self.record.drill.ended_at is not None:
            return self.record.events
        return tuple(shown for event in self.record.events if (shown := shown_while_running(event)) is not None)

    @cached_property
    def desk(self) -> Desk:
        """How the incident stands."""
        return self.record.desk(self.now)

    @cached_property
    def served(self) -> Served | None:
        """What users are served just now."""
        windows = sorted(self.record.windows[-200:], key=lambda window: window.at)
        return served_lately(windows, self.record.drill.clock)

    @cached_property
    def time(self) -> DrillTime:
        """The drill clock."""
        return drill_time(self.record.drill, self.events)

    @cached_property
    def books(self) -> dict[str, Book]:
        """The runbooks that the drill carries, by the address by which alerts name them."""
        drill_id = self.record.drill.id
        pages = f"/drills/{quote(drill_id, safe='')}/runbooks"
        shelf = self.service.runbooks.shelf(drill_id)
        return {each.address: Book(each.address, each.title, f"{pages}/{each.number}") for each in shelf}

    @property
    def has_begun(self) -> bool:
        """False while the drill waits for its facilitator to begin it."""
        return self.time.begun_at is not None

    @property
    def guide(self) -> Guide:
        """The hints of a guided drill, as far as they were taken."""
        hints = self.record.truth.hints
        return Guide(self.record.drill, hints, hinting.taken(hints, self.record.events))

    @property
    def seat(self) -> Seat:
        """From where a form is filled in."""
        held = held_faults(self.record.truth, self.record.events) if self.role is Role.FACILITATOR else ()
        return Seat(
            desk=self.desk,
            playbook=self.record.playbook,
            who=self.who,
            now=self.now,
            later=lambda drill_s: self.time.later(self.now, drill_s),
            held=held,
            is_guided=bool(self.record.truth.hints),
        )

    def show(self, template: str, status: int = 200, *, sees_all: bool = False, **more: Any) -> Response:
        """A page of this drill. `sees_all` is for whoever may know the truth."""
        record = self.record
        return page(
            template,
            status,
            role=self.role,
            who=self.who,
            drill=drill_for(self.role, record.drill, record.truth, record.seq),
            desk=self.desk,
            books=self.books,
            playbook=record.playbook,
            level=record.playbook.level(self.desk.level),
            impact=impact_in_words(self.served, record.playbook.verification),
            served=self.served,
            moments=moments(record.drill, record.events if sees_all else self.events, _LINES),
            elapsed=self.time.elapsed_s,
            **more,
        )

    def in_order(self) -> list[Event]:
        """What a responder may see, as it happened."""
        return ordered(self.events)


class Sheets:
    """The forms of a page: each with its draft, and one of them as it was sent and refused."""

    def __init__(self, drafts: Mapping[str, Fields], refused: "Returned | None" = None) -> None:
        self._drafts = drafts
        self._refused = refused

    def __getitem__(self, name: str) -> Shown:
        back = self._refused
        if back is not None and back.name == name:
            return Shown(back.key, back.form.plain(), back.refused.faults, is_back=True)
        return Shown(new_key(), self._drafts.get(name, {}))

    @property
    def returned(self) -> str:
        """The name of the form that comes back; empty where none does."""
        return self._refused.name if self._refused else ""


@dataclass(frozen=True)
class Returned:
    """A form that was refused, and comes back as it was filled in, under the key that it had."""

    name: str
    form: Form
    refused: Refused
    key: str


def sit(request: Request, service: Parts, drill_id: str, role: Role) -> Sitting:
    """Sit down at a drill. Raises NoSuchDrill and RecordError."""
    return Sitting(service, service.desks.read(drill_id), role, caller(request), datetime.now(UTC))
