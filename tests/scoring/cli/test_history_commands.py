"""`gameday history` and `gameday training`: drills of many runs, gathered once, by several at once if need be."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring.cli.gathering import Gathered, gather
from scoring.files import read_timeline
from scoring.record.engine import open_engine
from scoring.record.store import Store
from scoring.timeline import Event, Timeline

Run = Callable[..., tuple[int, str, str]]
RECORDED = [read_timeline(p) for p in sorted((Path(__file__).parents[1] / "recorded").glob("*.timeline.json"))]
REVIEW = {"parts": {"action_items": "1. [P0] Raise the pool's limit - @ada - Due: 2026-12-09"}}


def of_ada(timeline: Timeline) -> Timeline:
    """Ada of the payments played it, and her review asks for something."""
    drill = timeline.drill.model_copy(update={"team": "Payments", "people": ("Ada",)})
    at = timeline.events[-1].occurred_at
    review = Event(kind="review.filed", occurred_at=at, received_at=datetime.now(UTC), source="ada", data=REVIEW)
    return timeline.model_copy(update={"drill": drill, "events": (*timeline.events, review)})


def still_running(timeline: Timeline) -> Timeline:
    drill = timeline.drill.model_copy(update={"ended_at": None})
    return timeline.model_copy(update={"drill": drill, "events": timeline.events[:5]})


@pytest.fixture
def played(record: Callable[[str, Timeline], Path], empty: Path) -> None:
    """Three runs in one folder, the last of which is still going on."""
    record("20260101-100000-aaaa", of_ada(RECORDED[0]))
    record("20260102-100000-bbbb", RECORDED[1])
    record("20260103-100000-cccc", still_running(RECORDED[2]))
    shutil.copy(empty, ".gameday/scoring.db")


def test_history_reaches_across_runs_and_past_them(played: None, scoring: Run) -> None:
    status, out, err = scoring("history")
    assert (status, err) == (0, "")
    for expected in (RECORDED[0].drill.id, RECORDED[1].drill.id, "Raise the pool's limit", "2026-12-09", "payments"):
        assert expected in out
    assert RECORDED[2].drill.id not in out, "it still runs"
    for run in Path(".gameday/runs").iterdir():
        (run / "scoring.db").unlink()
    told = json.loads(scoring("history", "--json")[1])
    assert {each["who"] for each in told["leaderboard"]} == {timeline.drill.id for timeline in RECORDED[:2]}
    assert scoring("verify", RECORDED[0].drill.id)[0] == 0
    assert (Path(".gameday/journals") / f"{RECORDED[0].drill.id}.json").is_file()


def test_it_is_told_by_failure_mode_team_and_person(played: None, scoring: Run) -> None:
    mode = RECORDED[0].truth and RECORDED[0].truth.failure_mode
    told = json.loads(scoring("history", "--failure-mode", mode, "--by", "person", "--json")[1])
    assert [(each["who"], each["drills"]) for each in told["leaderboard"]] == [("ada", 1)]
    assert told["measures"]["ttm"]["n"] == 1
    assert [each["team"] for each in json.loads(scoring("history", "--team", "Payments", "--json")[1])["trends"]] == [
        "payments"
    ]
    assert "no drill that fits" in scoring("history", "--team", "nobodys")[1]
    out = scoring("training", "Ada")[1]
    assert out.startswith("Ada: 1 drill, the next due 2")
    assert str(mode) in out
    assert scoring("training", "nobody")[0] == 2
    assert scoring("history", "--by", "colour")[0] == 2


def test_a_run_that_was_bent_is_named_and_the_others_are_in(played: None, scoring: Run) -> None:
    garbage = Path(".gameday/runs/20260101-100000-aaaa/scoring.db")
    garbage.write_bytes(b"this is no database at all" * 100)
    status, out, err = scoring("history")
    assert (status, err.count("\n"), str(garbage) in err) == (0, 1, True)
    assert RECORDED[1].drill.id in out


def test_several_at_once_gather_each_drill_once(played: None, scoring: Run) -> None:
    with ThreadPoolExecutor(4) as pool:
        gathered = list(pool.map(lambda _: gather(), range(4)))
    assert sorted(drill for each in gathered for drill in each.new) == sorted(each.drill.id for each in RECORDED[:2])
    assert [each.left for each in gathered] == [()] * 4
    assert sum(trend["drills"] for trend in json.loads(scoring("history", "--json")[1])["trends"]) == 2
    assert gather() == Gathered((), ())


def test_a_review_that_is_filed_after_the_drill_was_gathered_is_in_the_history_too(
    record: Callable[[str, Timeline], Path], scoring: Run
) -> None:
    database = record("20260101-100000-aaaa", RECORDED[0])
    assert gather().new == (RECORDED[0].drill.id,)
    assert "Raise the pool's limit" not in scoring("history")[1]
    at = datetime.now(UTC)
    engine = open_engine(database)
    review = Event(kind="review.filed", occurred_at=at, source="ada", data=REVIEW)
    Store(engine).append(RECORDED[0].drill.id, [review], at)
    engine.dispose()
    assert gather() == Gathered((RECORDED[0].drill.id,), ())
    assert "Raise the pool's limit" in scoring("history")[1]
    assert scoring("verify", RECORDED[0].drill.id)[0] == 0
    assert gather() == Gathered((), ())


def test_where_nothing_was_played_it_says_so(scoring: Run) -> None:
    assert scoring("history")[1].startswith("no drill that fits has ended yet")
