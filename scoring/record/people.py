"""People and teams, and what each person has practised."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Table, delete, func, select
from sqlalchemy.dialects import sqlite

from scoring.errors import ScoringError
from scoring.record.tables import DRILL_PERSON, PERSON, RESULT, TEAM
from scoring.record.transactions import reading, writing

PRACTISE_EVERY = timedelta(days=91)
"""A quarter: "tabletop exercises quarterly" (autonomous-dev-system § Training)."""
_NOT_IN_AN_ID = re.compile(r"[^\w.-]+")


class NoSuchPerson(ScoringError):
    """There is no person of that id."""


@dataclass(frozen=True)
class Team:
    """A team."""

    id: str
    name: str


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


@dataclass(frozen=True)
class TrainingRecord:
    """What a person met, newest first, and when each failure mode is due again; `due_at` is when any drill is.

    `not_met` are failure modes that others have played. `due_at` is None for who never took part: that is due now.
    """

    person: Person
    drills: tuple[Played, ...]
    practice: tuple[Practice, ...]
    due_at: datetime | None
    not_met: tuple[str, ...]


def id_of(name: str) -> str:
    """The id that a name gets: lower case, with dashes for whatever is no letter or digit."""
    return _NOT_IN_AN_ID.sub("-", name.casefold()).strip("-.")[:100]


class People:
    """The people and teams of a record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_team(self, name: str, team_id: str | None = None) -> Team:
        """Keep a team; one that is there gets the new name. Raises ScoringError for a name that gives no id."""
        team = Team(_id(team_id or name), name)
        with writing(self._engine) as connection:
            _put(connection, TEAM, {"id": team.id, "name": team.name})
        return team

    def put_person(self, name: str, person_id: str | None = None, team: str | None = None) -> Person:
        """Keep a person; one who is there gets the new name and team. Raises ScoringError if there is no such team."""
        person = Person(_id(person_id or name), name, team)
        with writing(self._engine) as connection:
            if team is not None and connection.execute(select(TEAM.c.id).where(TEAM.c.id == team)).first() is None:
                raise ScoringError(f"team: there is no team '{team}'; add it first")
            _put(connection, PERSON, {"id": person.id, "name": person.name, "team": team})
        return person

    def remove_person(self, person_id: str) -> None:
        """Take a person's name out of the record; that somebody of this id took part in drills stays."""
        with writing(self._engine) as connection:
            connection.execute(delete(PERSON).where(PERSON.c.id == person_id))

    def teams(self) -> list[Team]:
        """All teams, by id."""
        with reading(self._engine) as connection:
            return [Team(row.id, row.name) for row in connection.execute(select(TEAM).order_by(TEAM.c.id))]

    def persons(self, team: str | None = None, after: str = "", limit: int = 1000) -> list[Person]:
        """People whose id sorts after `after`, at most `limit`; of one team where it is given."""
        chosen = select(PERSON).where(PERSON.c.id > after).order_by(PERSON.c.id).limit(limit)
        if team is not None:
            chosen = chosen.where(PERSON.c.team == team)
        with reading(self._engine) as connection:
            return [Person(row.id, row.name, row.team) for row in connection.execute(chosen)]

    def training(self, person_id: str) -> TrainingRecord:
        """What a person has practised. Raises NoSuchPerson."""
        met = (
            select(*[RESULT.c[each.name] for each in fields(Played)])
            .join(DRILL_PERSON, DRILL_PERSON.c.drill_id == RESULT.c.drill_id)
            .where(DRILL_PERSON.c.person == person_id)
            .order_by(RESULT.c.started_at.desc(), RESULT.c.drill_id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(select(PERSON).where(PERSON.c.id == person_id)).first()
            rows = connection.execute(met).mappings()
            played = tuple(_played(each) for each in rows)
            modes = _failure_modes(connection)
        if row is None and not played:
            raise NoSuchPerson(f"there is no person '{person_id}'")
        person = Person(row.id, row.name, row.team) if row is not None else Person(person_id, person_id)
        practice = _practice(played)
        known = {each.failure_mode for each in practice}
        last_at = max((each.last_at for each in practice), default=None)
        not_met = tuple(mode for mode in modes if mode not in known)
        return TrainingRecord(person, played, practice, last_at + PRACTISE_EVERY if last_at else None, not_met)


def put_missing(connection: Connection, table: Table, ids: Mapping[str, str]) -> None:
    """Keep teams or people, as name by id, unless they are there."""
    for each, name in sorted(ids.items()):
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), {"id": each, "name": name})


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    changed = {name: value for name, value in row.items() if name != "id"}
    put = _insert(connection, table).values(row).on_conflict_do_update(index_elements=["id"], set_=changed)
    connection.execute(put)


def _insert(connection: Connection, table: Table) -> Any:
    """An INSERT that can say what to do on a conflict, which both databases spell the same, but SQLAlchemy does not."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # takes its time to import, and few need it

        return postgresql.insert(table)
    return sqlite.insert(table)


def _id(name: str) -> str:
    made = id_of(name)
    if not made:
        raise ScoringError(f"'{name}' gives no id; use at least one letter or digit")
    return made


def _failure_modes(connection: Connection) -> list[str]:
    """Hops from one to the next in the index, as there are few of them in many results."""
    mode = RESULT.c.failure_mode
    hops = select(func.min(mode).label("mode")).where(mode > "").cte("hops", recursive=True)
    following = select(func.min(mode)).where(mode > hops.c.mode).scalar_subquery()
    hops = hops.union_all(select(following).where(hops.c.mode.is_not(None)))
    return list(connection.execute(select(hops.c.mode).where(hops.c.mode.is_not(None))).scalars())


def _played(row: RowMapping) -> Played:
    return Played(**{**row, "started_at": datetime.fromisoformat(row["started_at"])})


def _practice(played: tuple[Played, ...]) -> tuple[Practice, ...]:
    """By failure mode, what is due first at the front. A drill without a verdict was none: it does not count."""
    by_mode: dict[str, list[Played]] = {}
    for each in played:
        if each.failure_mode and each.verdict == "scored":
            by_mode.setdefault(each.failure_mode, []).append(each)
    practice = [
        Practice(mode, len(each), last.drill_id, at := last.started_at, last.score, last.mark, at + PRACTISE_EVERY)
        for mode, each in by_mode.items()
        for last in each[:1]
    ]
    return tuple(sorted(practice, key=lambda each: (each.due_at, each.failure_mode)))
