"""What every translator is given and what it gives back.

A translator is a function of a payload and a situation. It raises ScoringError, with the field that it means, for a
payload that is not of its format; what it understands but has no event for, it tells in a note.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from scoring.canonical import canonical_json, digest, write_instant
from scoring.errors import ScoringError
from scoring.playbook import Playbook
from scoring.timeline import Data, Event

_LONGEST_KEY, _LONGEST_SOURCE, _DEEPEST = 300, 200, 60
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Situation:
    """The drill that a payload is read for: its playbook and begin, and `now` by scoring's clock."""

    playbook: Playbook
    started_at: datetime
    now: datetime


@dataclass(frozen=True)
class Translation:
    """The events of a payload, and in plain sentences what was not recorded and why."""

    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = field(default=())


def together(translations: Iterable[Translation]) -> Translation:
    """Several translations as one, each note once."""
    parts = list(translations)
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return Translation(tuple(event for part in parts for event in part.events), tuple(notes))


def event(kind: str, at: datetime, source: str, data: Data, key: str | None) -> Event:
    """An event whose data can be kept.

    Raises ScoringError for a kind that there is not, and for data with null characters, lone surrogates, integers
    beyond 64 bits or more than 60 levels.
    """
    _check("data", data, _DEEPEST)
    _check("source", source, 0)
    canonical_json([source, data])
    fields = {"kind": kind, "occurred_at": at, "source": source[:_LONGEST_SOURCE], "data": data}
    made = read(Event, fields, "event")
    return made if key is None else keyed(made, key)


def keyed(made: Event, key: str) -> Event:
    """The event under a key; an overlong one is replaced by its digest, so that it stays the same one."""
    _check("id", key, 0)
    canonical_json(key)
    if len(key) > _LONGEST_KEY:
        key = f"{made.kind}/{digest(key.encode())}"
    return made.model_copy(update={"key": key})


def since_begin(translation: Translation, situation: Situation) -> Translation:
    """Without what occurred before the drill began: a late delivery of something else."""
    begin = situation.started_at
    kept = tuple(e for e in translation.events if e.occurred_at >= begin)
    notes = tuple(
        f"{e.kind} of {write_instant(e.occurred_at)} was before the drill began and is not recorded"
        for e in translation.events
        if e.occurred_at < begin
    )
    return Translation(kept, translation.notes + notes)


def read(model: type[_Model], value: Any, place: str) -> _Model:
    """A payload's part as a model. Raises ScoringError that names the first wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join([place, *(str(part) for part in first["loc"])])
        raise ScoringError(f"{path}: {first['msg'].removeprefix('Value error, ')}") from None


def _check(place: str, value: Any, depth: int) -> None:
    if depth < 0:
        raise ScoringError(f"{place[:200]}: it nests deeper than {_DEEPEST} levels")
    if isinstance(value, str) and "\0" in value:
        raise ScoringError(f"{place[:200]}: a text cannot hold a null character")
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(name, str) and "\0" in name:
                raise ScoringError(f"{place[:200]}: a name cannot hold a null character")
            _check(f"{place}.{name}", part, depth - 1)
