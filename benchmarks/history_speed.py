"""How long leaderboards, trends and training records take over 100,000 drills, and keeping one more.

The drills are made up, of five playbooks, forty failure modes, twenty-five teams, three hundred people and three years,
so that most groups are small and there are as many as can be: the worst case for trends.

    python benchmarks/history_speed.py [--drills 100000] [--database FILE|URL]
"""

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, insert, select, text

from scoring.canonical import write_instant
from scoring.files import score_file
from scoring.record.engine import open_engine
from scoring.record.history import History
from scoring.record.people import People
from scoring.record.results import quarter_of
from scoring.record.sums import GROUP, add_up_standings, standing_row, trend_row
from scoring.record.tables import DRILL_PERSON, PERSON, RESULT, STANDING, TREND
from scoring.scorecard.sla import MEASURES
from scoring.timeline import Drill, Truth

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
PLAYBOOKS = [f"playbook-{i}" for i in range(5)]
MODES = [f"failure-mode-{i:02d}" for i in range(40)]
TEAMS = [f"team-{i:02d}" for i in range(25)]
PEOPLE = [f"person-{i:03d}" for i in range(300)]
RECORDED = Path(__file__).parents[1] / "tests/scoring/recorded/rate-limited.timeline.json"
ROUNDS = 15


def made_up(number: int) -> dict[str, Any]:
    """One result."""
    at = FIRST + timedelta(days=random.random() * 1095)
    row: dict[str, Any] = {
        "drill_id": f"drill-{number:06d}",
        "playbook": random.choice(PLAYBOOKS),
        "failure_mode": random.choice(MODES),
        "experiment": "",
        "team": random.choice(TEAMS),
        "quarter": quarter_of(at),
        "responder": "shell",
        "game_day": None,
        "started_at": write_instant(at),
        "ended_at": write_instant(at + timedelta(hours=1)),
        "control": False,
        "verdict": "scored",
        "ranked": True,
        "score": round(random.uniform(20, 100), 2),
        "mark": random.choice("PSMU"),
        "sla_met": random.random() < 0.4,
    }
    row["experiment"] = f"family/{row['failure_mode']}"
    for name in MEASURES:
        verdict = random.choice(["met", "met", "missed", "censored"])
        row |= {name: verdict, f"{name}_s": None if verdict == "censored" else round(random.uniform(10, 3000), 3)}
    return row


def fill(engine: Engine, drills: int) -> None:
    """Bring so many results in at once, and add them up as `History.keep` does one by one."""
    random.seed(7)
    results = [made_up(number) for number in range(drills)]
    met = [{"drill_id": row["drill_id"], "person": who} for row in results for who in random.sample(PEOPLE, 3)]
    groups: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    told = [SimpleNamespace(**row) for row in sorted(results, key=lambda row: (row["started_at"], row["drill_id"]))]
    for each in told:
        groups[tuple(getattr(each, name) for name in GROUP)].append(each)
    trends = [trend_row(dict(zip(GROUP, group, strict=True)), rows) for group, rows in groups.items()]
    with engine.begin() as connection:
        for table, rows in ((RESULT, results), (DRILL_PERSON, met), (TREND, trends)):
            _insert(connection, table, rows)
        _insert(connection, STANDING, list(_standings(told, met)))
        connection.execute(insert(PERSON), [{"id": who, "name": who, "team": TEAMS[0]} for who in PEOPLE])
        connection.execute(text("ANALYZE"))
    _check(engine, results[0], met[0]["person"])
    print(f"{drills:,} drills by {len(PEOPLE)} people in {len(trends):,} groups")


def _insert(connection: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), 20_000):
        connection.execute(insert(table), rows[first : first + 20_000])


def _standings(results: list[Any], met: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    theirs: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    by_id = {row.drill_id: row for row in results}
    takers = [("team", row.team, row) for row in results]
    takers += [("person", each["person"], by_id[each["drill_id"]]) for each in met]
    for kind, who, row in sorted(takers, key=lambda taker: taker[2].started_at):
        for book, mode in product((row.playbook, ""), (row.failure_mode, "")):
            theirs[kind, who, book, mode].append(row)
    return (standing_row(*key, rows) for key, rows in theirs.items())


def _check(engine: Engine, row: dict[str, Any], person: str) -> None:
    """What was filled in at once is what the history itself would have added up."""
    for kind, who in (("team", row["team"]), ("person", person)):
        its = select(STANDING).where(STANDING.c.kind == kind, STANDING.c.who == who).order_by(*STANDING.primary_key)
        with engine.connect() as connection:
            filled = connection.execute(its).all()
            add_up_standings(connection, kind, who, [(row["playbook"], row["failure_mode"])])
            assert connection.execute(its).all() == filled
            connection.rollback()


def taken_ms(ask: Callable[[], Any]) -> tuple[float, float, int]:
    """Median and longest time of a question, and how much it answers."""
    taken, answer = [], ask()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), max(taken), len(answer) if isinstance(answer, list) else 1


def questions(engine: Engine) -> dict[str, Callable[[], Any]]:
    """What is asked of the history."""
    history, people = History(engine), People(engine)
    book, mode, team = PLAYBOOKS[2], MODES[7], TEAMS[3]
    return {
        "leaderboard of teams": lambda: history.leaderboard("team"),
        "leaderboard of teams, one playbook": lambda: history.leaderboard("team", book),
        "leaderboard of teams, one failure mode": lambda: history.leaderboard("team", None, mode),
        "leaderboard of people": lambda: history.leaderboard("person", limit=100),
        "leaderboard of people, playbook and failure mode": lambda: history.leaderboard("person", book, mode),
        "leaderboard of drills": lambda: history.leaderboard("drill", limit=100),
        "leaderboard of drills, playbook and failure mode": lambda: history.leaderboard("drill", book, mode),
        "trends, the latest": lambda: history.trends(),
        "trends of one playbook": lambda: history.trends(book),
        "trends of one failure mode": lambda: history.trends(None, mode),
        "trends of one team": lambda: history.trends(team=team),
        "trends of playbook, failure mode and team": lambda: history.trends(book, mode, team),
        "trends of a playbook's last year": lambda: history.trends(book, since=FIRST + timedelta(days=730)),
        "the last 200 runs of one failure mode": lambda: history.runs(failure_mode=mode, limit=200),
        "training record of a person": lambda: people.training(PEOPLE[5]),
        "when everybody is due to practise": lambda: people.due(),
    }


def keep_one_ms(engine: Engine) -> float:
    """What it takes to keep one more drill, in milliseconds."""
    history, card, taken = History(engine), score_file(RECORDED), []
    for number in range(ROUNDS):
        at = FIRST + timedelta(days=1000, minutes=number)
        names = {"playbook": PLAYBOOKS[0], "team": TEAMS[0], "people": tuple(PEOPLE[:3])}
        drill = Drill(id=f"new-{number}", clock=60, started_at=at, ended_at=at + timedelta(hours=1), **names)
        began = time.perf_counter()
        history.keep(drill, Truth(failure_mode=MODES[0]), card.model_copy(update={"playbook": PLAYBOOKS[0]}))
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Measure a new SQLite file, or the database that is named, which must be empty."""
    parser = argparse.ArgumentParser(description="history over many drills")
    parser.add_argument("--drills", type=int, default=100_000)
    parser.add_argument("--database", help="file or URL of an empty database (default: a new SQLite file)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        engine = open_engine(options.database or str(Path(folder) / "record.db"))
        fill(engine, options.drills)
        for what, ask in questions(engine).items():
            median, longest, lines = taken_ms(ask)
            print(f"{what:<52} {median:7.1f} ms   (at most {longest:.1f}; {lines} lines)")
        print(f"{'keeping one more drill, three people in it':<52} {keep_one_ms(engine):7.1f} ms")
        engine.dispose()


if __name__ == "__main__":
    main()
