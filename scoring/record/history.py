"""History: what came of the drills that have ended, of whom and when. A running drill is in none of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Engine, Row, delete, exists, insert, literal, select

from scoring.record.items import keep_items
from scoring.record.people import id_of, put_missing
from scoring.record.results import quarter_of, result_of
from scoring.record.sums import GROUP, add_up_standings, add_up_trend, runs_of
from scoring.record.tables import DRILL, DRILL_PERSON, PERSON, RESULT, STANDING, TEAM, TREND
from scoring.record.transactions import reading, writing
from scoring.review.items import ActionItem
from scoring.scorecard.cards import Scorecard
from scoring.scorecard.sla import MEASURES
from scoring.series import Run
from scoring.timeline import Drill, Truth

By = Literal["team", "person", "drill"]


@dataclass(frozen=True)
class Standing:
    """A line of the leaderboard. Of a single drill, `average` is its score and `who` its id."""

    rank: int
    who: str
    drills: int
    average: float
    best: float
    best_drill: str
    sla_met: int


@dataclass(frozen=True)
class Trend:
    """One playbook, failure mode, team and quarter. `measures` has the fields of `series.MeasureSeries` by measure.

    `drills` were scored; `left_out` were not, as they were aborted or inconclusive, and count in nothing else.
    """

    playbook: str
    failure_mode: str
    team: str
    quarter: str
    drills: int
    left_out: int
    measures: Mapping[str, Mapping[str, Any]]
    best_drill: str | None
    best_score: float | None
    worst_drill: str | None
    worst_score: float | None


class History:
    """The history of a record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, drill: Drill, truth: Truth, card: Scorecard, items: Sequence[ActionItem] = ()) -> None:
        """Take in a drill that has ended, or what has changed of it since, such as by its review.

        Whoever took part becomes known, if they are not; `items` are what its review asks for. Raises ScoringError for
        a drill that still runs.
        """
        row = result_of(drill, truth, card)
        people = {id_of(name): name for name in drill.people if id_of(name)}
        with writing(self._engine) as connection:
            before = _replace(connection, row)
            if row["team"]:
                put_missing(connection, TEAM, {row["team"]: drill.team or row["team"]})
            put_missing(connection, PERSON, people)
            missed = _take_part(connection, drill.id, set(people))
            keep_items(connection, drill, items)
            for group in {tuple(each[name] for name in GROUP) for each in (row, *before)}:
                add_up_trend(connection, dict(zip(GROUP, group, strict=True)))
            groups = {(each["playbook"], each["failure_mode"]) for each in (row, *before)}
            teams = {each["team"] for each in (row, *before)} - {""}
            for kind, known in (("team", teams), ("person", people.keys() | missed)):
                for who in sorted(known):
                    add_up_standings(connection, kind, who, groups)

    def unkept(self) -> list[str]:
        """Drills that have ended and are not in the history, oldest first; a crash between the two leaves such."""
        is_kept = exists().where(RESULT.c.drill_id == DRILL.c.id)
        chosen = select(DRILL.c.id).where(DRILL.c.ended_at.is_not(None), ~is_kept).order_by(DRILL.c.position)
        with reading(self._engine) as connection:
            return list(connection.execute(chosen).scalars())

    def leaderboard(
        self, by: By = "team", playbook: str | None = None, failure_mode: str | None = None, limit: int = 20
    ) -> list[Standing]:
        """Teams, people or drills by their average score, best first; who has the same average has the same rank.

        Counted are scored drills in which something was injected, under one playbook or failure mode if one is given.
        """
        with reading(self._engine) as connection:
            if by == "drill":
                return _ranked(_best_drills(connection, playbook, failure_mode, limit))
            chosen = (
                select(STANDING)
                .where(STANDING.c.kind == by)
                .where(STANDING.c.playbook == (playbook or ""), STANDING.c.failure_mode == (failure_mode or ""))
                .order_by(STANDING.c.average.desc(), STANDING.c.drills.desc(), STANDING.c.who)
                .limit(limit)
            )
            return _ranked(connection.execute(chosen))

    def trends(
        self,
        playbook: str | None = None,
        failure_mode: str | None = None,
        team: str | None = None,
        since: datetime | None = None,
        limit: int = 200,
    ) -> list[Trend]:
        """Trends, newest quarter first, at most `limit`; of the quarter of `since` and later ones where it is given."""
        # All in one direction, so that an index has them in this order, whichever filter there is.
        order = [TREND.c[name].desc() for name in ("quarter", "failure_mode", "team", "playbook")]
        chosen = select(TREND).order_by(*order)
        given = {"playbook": playbook, "failure_mode": failure_mode, "team": team if team is None else id_of(team)}
        for column, value in given.items():
            if value is not None:
                chosen = chosen.where(TREND.c[column] == value)
        if since is not None:
            chosen = chosen.where(TREND.c.quarter >= quarter_of(since))
        with reading(self._engine) as connection:
            return [_trend(row) for row in connection.execute(chosen.limit(limit))]

    def runs(
        self,
        *,
        experiment: str | None = None,
        failure_mode: str | None = None,
        playbook: str | None = None,
        team: str | None = None,
        limit: int = 1000,
    ) -> dict[str, list[Run]]:
        """Each measure of the latest scored drills, oldest first, as `series` takes them. Controls are left out."""
        chosen = (
            select(RESULT)
            .where(RESULT.c.verdict == "scored", RESULT.c.control.is_(False))
            .order_by(RESULT.c.started_at.desc(), RESULT.c.drill_id.desc())
            .limit(limit)
        )
        given = {"experiment": experiment, "failure_mode": failure_mode, "playbook": playbook}
        given["team"] = team if team is None else id_of(team)
        for column, value in given.items():
            if value is not None:
                chosen = chosen.where(RESULT.c[column] == value)
        with reading(self._engine) as connection:
            results = list(reversed(connection.execute(chosen).all()))
        return {name: runs_of(name, results) for name in MEASURES}


def _replace(connection: Connection, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put a result in the place of the one that there was; that one, if any, as its sums have to be made anew too."""
    its = RESULT.c.drill_id == row["drill_id"]
    before = [dict(each) for each in connection.execute(select(RESULT).where(its)).mappings()]
    connection.execute(delete(RESULT).where(its))
    connection.execute(insert(RESULT), row)
    return before


def _take_part(connection: Connection, drill_id: str, people: set[str]) -> set[str]:
    """Say who took part; those who did by what was said before, and now do not."""
    its = DRILL_PERSON.c.drill_id == drill_id
    before = set(connection.execute(select(DRILL_PERSON.c.person).where(its)).scalars())
    connection.execute(delete(DRILL_PERSON).where(its))
    if people:
        connection.execute(insert(DRILL_PERSON), [{"drill_id": drill_id, "person": each} for each in sorted(people)])
    return before - people


def _best_drills(connection: Connection, playbook: str | None, mode: str | None, limit: int) -> Iterable[Any]:
    chosen = select(
        RESULT.c.drill_id.label("who"),
        literal(1).label("drills"),
        RESULT.c.score.label("average"),
        RESULT.c.score.label("best"),
        RESULT.c.drill_id.label("best_drill"),
        RESULT.c.sla_met,
    ).where(RESULT.c.ranked.is_(True))
    if playbook is not None:
        chosen = chosen.where(RESULT.c.playbook == playbook)
    if mode is not None:
        chosen = chosen.where(RESULT.c.failure_mode == mode)
    return connection.execute(chosen.order_by(RESULT.c.score.desc(), RESULT.c.drill_id.desc()).limit(limit))


def _ranked(rows: Iterable[Any]) -> list[Standing]:
    ranked: list[Standing] = []
    for place, row in enumerate(rows, 1):
        is_tie = bool(ranked) and ranked[-1].average == row.average
        rank = ranked[-1].rank if is_tie else place
        ranked.append(Standing(rank, row.who, row.drills, row.average, row.best, row.best_drill, int(row.sla_met)))
    return ranked


def _trend(row: Row[Any]) -> Trend:
    return Trend(**{**row._mapping, "measures": orjson.loads(row.measures)})
