"""What lists show at a glance: how many drills there are, which game days, and what each drill earned."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from scoring.record.tables import DRILL, RESULT
from scoring.record.transactions import reading

_AT_ONCE = 500


@dataclass(frozen=True)
class GameDay:
    """Several drills; `running` of them have not ended. `position` is that of its first drill, and the cursor."""

    name: str
    position: int
    drills: int
    running: int


@dataclass(frozen=True)
class Earned:
    """What a drill that has ended is worth. `score` and `mark` are None where it has none."""

    verdict: str
    score: float | None
    mark: str | None
    sla_met: bool


class Overview:
    """A record at a glance."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last_position(self) -> int:
        """The position of the newest drill; 0 without any."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.coalesce(func.max(DRILL.c.position), 0))).scalar_one())

    def game_days(self, after: int = 0, limit: int = 1000) -> list[GameDay]:
        """Game days whose first drill has a position above `after`, oldest first, at most `limit`."""
        first = func.min(DRILL.c.position)
        ended = func.count(DRILL.c.ended_at)
        chosen = (
            select(DRILL.c.game_day, first, func.count(), ended)
            .where(DRILL.c.game_day.is_not(None))
            .group_by(DRILL.c.game_day)
            .having(first > after)
            .order_by(first)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(chosen).all()
        return [GameDay(name, position, drills, drills - over) for name, position, drills, over in rows]

    def earned(self, drill_ids: Iterable[str]) -> dict[str, Earned]:
        """What each of these drills earned, of those that have ended."""
        wanted, found = list(drill_ids), dict[str, Earned]()
        its = select(RESULT.c.drill_id, RESULT.c.verdict, RESULT.c.score, RESULT.c.mark, RESULT.c.sla_met)
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                chosen = its.where(RESULT.c.drill_id.in_(wanted[start : start + _AT_ONCE]))
                found |= {row[0]: Earned(*row[1:]) for row in connection.execute(chosen)}
        return found
