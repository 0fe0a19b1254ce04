"""People and teams, and what is on record of what each person has practised."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, RowMapping, Table, and_, delete, func, select
from sqlalchemy.dialects import sqlite

from scoring.errors import ScoringError
from scoring.record.tables import DRILL_PERSON, EVENT, PERSON, RESULT, TEAM
from scoring.record.transactions import reading, writing
from scoring.scorecard.judgement import short_name
from scoring.training import Due, Person, Played, TrainingRecord, due_after, practice_of

_NOT_IN_AN_ID = re.compile(r"[^\w.-]+")


class NoSuchPerson(ScoringError):
    """There is no person of that id."""


@dataclass(frozen=True)
class Team:
    """A team."""

    id: str
    name: str


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
        filed = (
            select(func.count(EVENT.c.drill_id.distinct()), func.max(EVENT.c.occurred_at))
            .join(DRILL_PERSON, DRILL_PERSON.c.drill_id == EVENT.c.drill_id)
            .where(DRILL_PERSON.c.person == person_id, EVENT.c.kind == "review.filed")
        )
        with reading(self._engine) as connection:
            row = connection.execute(select(PERSON).where(PERSON.c.id == person_id)).first()
            rows = connection.execute(met).mappings()
            played = tuple(_played(each) for each in rows)
            reviews, reviewed_at = connection.execute(filed).one()
            modes = _failure_modes(connection)
        if row is None and not played:
            raise NoSuchPerson(
                f"there is no person '{person_id}'; whoever is named in a drill is known once that has ended"
            )
        practice = practice_of(played)
        known = {each.failure_mode for each in practice}
        return TrainingRecord(
            person=Person(row.id, row.name, row.team) if row is not None else Person(person_id, person_id),
            drills=played,
            practice=practice,
            due_at=due_after(max((each.last_at for each in practice), default=None)),
            not_met=tuple(mode for mode in dict.fromkeys(map(short_name, modes)) if mode not in known),
            reviews=reviews,
            reviewed_at=_at(reviewed_at),
        )

    def due(self, team: str | None = None, limit: int = 1000) -> list[Due]:
        """When people are due to practise, at most `limit` of them: who never did first, then by instant."""
        counts = and_(RESULT.c.verdict == "scored", RESULT.c.control.is_(False), RESULT.c.failure_mode != "")
        theirs = PERSON.outerjoin(DRILL_PERSON, DRILL_PERSON.c.person == PERSON.c.id)
        last_at = func.max(RESULT.c.started_at)
        chosen = (
            select(PERSON, func.count(RESULT.c.drill_id).label("drills"), last_at.label("last_at"))
            .select_from(theirs.outerjoin(RESULT, and_(RESULT.c.drill_id == DRILL_PERSON.c.drill_id, counts)))
            .group_by(PERSON.c.id, PERSON.c.name, PERSON.c.team)
            .order_by(last_at.is_not(None), last_at, PERSON.c.id)
            .limit(limit)
        )
        if team is not None:
            chosen = chosen.where(PERSON.c.team == team)
        with reading(self._engine) as connection:
            return [_due(row) for row in connection.execute(chosen)]


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


def _due(row: Row[Any]) -> Due:
    last_at = _at(row.last_at)
    return Due(Person(row.id, row.name, row.team), row.drills, last_at, due_after(last_at))


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
