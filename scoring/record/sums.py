"""Trends and standings, added up whenever a drill comes into the history, so that asking for them costs little.

Each is recomputed from the results of its own group, never adjusted, so it cannot drift from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from math import fsum
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from scoring.record.tables import DRILL_PERSON, RESULT, STANDING, TREND
from scoring.scorecard.sla import MEASURES
from scoring.series import Run, summarise

GROUP = ("playbook", "failure_mode", "team", "quarter")
_OF_GROUP = (
    select(RESULT)
    .where(and_(*[RESULT.c[name] == bindparam(name) for name in GROUP]), RESULT.c.control.is_(False))
    .order_by(RESULT.c.started_at, RESULT.c.drill_id)
)
_RANKED = (
    select(*[RESULT.c[name] for name in ("playbook", "failure_mode", "score", "sla_met", "drill_id")])
    .where(RESULT.c.ranked.is_(True))
    .order_by(RESULT.c.started_at, RESULT.c.drill_id)
)
_OF_TEAM = _RANKED.where(RESULT.c.team == bindparam("who"))
_OF_PERSON = _RANKED.join(DRILL_PERSON, DRILL_PERSON.c.drill_id == RESULT.c.drill_id).where(
    DRILL_PERSON.c.person == bindparam("who")
)


def add_up_trend(connection: Connection, group: Mapping[str, str]) -> None:
    """Add up one playbook, failure mode, team and quarter anew."""
    connection.execute(delete(TREND).where(*[TREND.c[name] == group[name] for name in GROUP]))
    results = connection.execute(_OF_GROUP, {name: group[name] for name in GROUP}).all()
    if results:
        connection.execute(insert(TREND), trend_row(group, results))


def trend_row(group: Mapping[str, str], results: Iterable[Any]) -> dict[str, Any]:
    """The row of `trend` for a group's results, oldest first. Drills that earned no verdict are only counted."""
    results = list(results)
    scored = [each for each in results if each.verdict == "scored"]
    ranked = sorted((each for each in scored if each.ranked), key=lambda each: (each.score, each.drill_id))
    best, worst = (ranked[-1], ranked[0]) if ranked else (None, None)
    return {
        **{name: group[name] for name in GROUP},
        "drills": len(scored),
        "left_out": len(results) - len(scored),
        "measures": orjson.dumps({name: asdict(summarise(runs_of(name, scored))) for name in MEASURES}).decode(),
        "best_drill": best.drill_id if best else None,
        "best_score": best.score if best else None,
        "worst_drill": worst.drill_id if worst else None,
        "worst_score": worst.score if worst else None,
    }


def runs_of(measure: str, results: Iterable[Any]) -> list[Run]:
    """One measure of several results, as the statistics take it."""
    return [Run(getattr(each, f"{measure}_s"), getattr(each, measure)) for each in results]


def add_up_standings(connection: Connection, kind: str, who: str, groups: Iterable[tuple[str, str]]) -> None:
    """Add up how a team or a person stands with each playbook and failure mode, with either alone, and over all."""
    keys = {key for group in groups for key in product((group[0], ""), (group[1], ""))}
    results = connection.execute(_OF_TEAM if kind == "team" else _OF_PERSON, {"who": who}).all()
    its = (STANDING.c.kind == kind) & (STANDING.c.who == who)
    for book, mode in sorted(keys):
        connection.execute(delete(STANDING).where(its, STANDING.c.playbook == book, STANDING.c.failure_mode == mode))
        theirs = [r for r in results if book in ("", r.playbook) and mode in ("", r.failure_mode)]
        if theirs:
            connection.execute(insert(STANDING), standing_row(kind, who, book, mode, theirs))


def standing_row(kind: str, who: str, playbook: str, failure_mode: str, results: Sequence[Any]) -> dict[str, Any]:
    """The row of `standing` for results that were ranked, oldest first; of equal ones the first is the best."""
    best = max(results, key=lambda each: each.score)
    return {
        "kind": kind,
        "who": who,
        "playbook": playbook,
        "failure_mode": failure_mode,
        "drills": len(results),
        "average": fsum(each.score for each in results) / len(results),
        "best": best.score,
        "best_drill": best.drill_id,
        "sla_met": sum(each.sla_met for each in results),
    }
