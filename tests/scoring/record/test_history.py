"""History: trends, leaderboards, action items, on both databases; running drills are in none of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from scoring.errors import ScoringError
from scoring.record.history import History
from scoring.record.store import Store
from scoring.scorecard.cards import Scorecard
from scoring.series import summarise, trend

from .conftest import PLAYBOOK, START, drill, event, truth

Play = Callable[..., None]


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


@pytest.fixture
def play(history: History, kept_card: Callable[..., Scorecard]) -> Play:
    """Keeps a drill that has ended."""

    def keep(name: str, points: float | None, *, day: int = 0, times: Any = None, **told: Any) -> None:
        at = START + timedelta(days=day)
        of_card = {key: told.pop(key) for key in ("verdict", "playbook", "sla_met") if key in told}
        is_control, mode = told.pop("control", False), told.pop("failure_mode", "rate-limited")
        ended = drill(name, **{"started_at": at, "ended_at": at + timedelta(hours=1), **told})
        card = kept_card(name, points, times, **of_card)
        history.keep(ended, truth(failure_mode=mode, control=is_control), card)

    return keep


def test_a_running_drill_is_in_no_history(history: History, play: Play) -> None:
    with pytest.raises(ScoringError, match="drill 'one' has not ended"):
        play("one", 80.0, ended_at=None, team="blue", people=("Ann",))
    assert history.trends() == []
    assert [history.leaderboard(by) for by in ("team", "person", "drill")] == [[], [], []]
    assert history.runs(failure_mode="rate-limited")["ttd"] == []


def test_a_trend_is_of_one_failure_mode_team_and_quarter(history: History, play: Play) -> None:
    times = [(60.0, "met"), (600.0, "missed"), (None, "missed"), (None, "censored"), (120.0, "met")]
    for number, ttm in enumerate(times):
        play(f"blue-{number}", 50.0 + number, day=number, team="Blue", times={"ttm": ttm})
    play("red", 90.0, team="red")
    play("spring", 70.0, day=90, team="blue")
    play("other", 70.0, failure_mode="dns-failure", team="blue")
    play("aborted", None, verdict="aborted", team="blue")
    play("control", 100.0, control=True, team="blue")
    [blue] = history.trends(failure_mode="rate-limited", team="blue", playbook="llm-research-lab")[1:]
    assert (blue.quarter, blue.drills, blue.left_out) == ("2026Q1", 5, 1)
    assert (blue.best_drill, blue.best_score, blue.worst_drill, blue.worst_score) == ("blue-4", 54.0, "blue-0", 50.0)
    ttm, told = blue.measures["ttm"], summarise(history.runs(failure_mode="rate-limited", team="blue")["ttm"][:5])
    assert (ttm["n"], ttm["n_censored"], ttm["n_missed_without_end"], ttm["median_s"]) == (5, 1, 1, 360.0)
    assert (ttm["met"], ttm["judged"], ttm["wilson_low"]) == (told.met, told.judged, told.wilson_low)
    assert [each.quarter for each in history.trends(team="blue")] == ["2026Q2", "2026Q1", "2026Q1"]
    assert [each.quarter for each in history.trends(since=START + timedelta(days=90))] == ["2026Q2"]
    assert {each.team for each in history.trends()} == {"blue", "red"}


def test_a_drill_that_is_kept_again_counts_once_and_as_it_is_now(history: History, play: Play) -> None:
    play("one", 40.0, team="blue", people=("Ann", "Bob"))
    play("two", 80.0, team="blue", people=("Ann",))
    play("one", 60.0, team="red", failure_mode="dns-failure", people=("Bob",))
    assert [(each.team, each.failure_mode, each.drills) for each in history.trends()] == [
        ("blue", "rate-limited", 1),
        ("red", "dns-failure", 1),
    ]
    assert [(each.who, each.drills, each.average) for each in history.leaderboard("person")] == [
        ("ann", 1, 80.0),
        ("bob", 1, 60.0),
    ]
    assert history.leaderboard("team", failure_mode="rate-limited")[0].who == "blue"
    assert len(history.leaderboard("team", failure_mode="rate-limited")) == 1


def test_the_leaderboard_ranks_by_the_average_score(history: History, play: Play) -> None:
    play("one", 60.0, team="blue", sla_met=True)
    play("two", 90.0, team="blue", failure_mode="dns-failure", sla_met=False)
    play("three", 75.0, team="red", sla_met=True)
    play("four", 74.0, team="green", playbook="robo-rlhf-multimodal")
    play("five", None, team="red", verdict="inconclusive")
    play("six", 100.0, team="green", control=True)
    play("seven", 99.0)
    told = [(each.rank, each.who, each.drills, each.average, each.best_drill) for each in history.leaderboard("team")]
    assert told == [(1, "blue", 2, 75.0, "two"), (1, "red", 1, 75.0, "three"), (3, "green", 1, 74.0, "four")]
    assert history.leaderboard("team")[0].sla_met == 1
    assert [each.who for each in history.leaderboard("team", failure_mode="rate-limited")] == ["red", "green", "blue"]
    assert [each.who for each in history.leaderboard("team", playbook="robo-rlhf-multimodal")] == ["green"]
    assert [(each.rank, each.who) for each in history.leaderboard("drill", limit=2)] == [(1, "seven"), (2, "two")]
    assert [each.who for each in history.leaderboard("drill", "llm-research-lab", "dns-failure")] == ["two"]


def test_runs_come_in_the_order_in_which_they_were_played(history: History, play: Play) -> None:
    for day, seconds in ((3, 30.0), (1, 10.0), (2, 20.0), (4, 40.0)):
        play(f"day-{day}", 80.0, day=day, times={"ttd": (seconds, "met")}, experiment="external_api/rate-limited")
    play("other", 80.0, experiment="another")
    runs = history.runs(experiment="external_api/rate-limited", playbook="llm-research-lab")["ttd"]
    assert [run.seconds for run in runs] == [10.0, 20.0, 30.0, 40.0]
    assert trend([run.seconds or 0.0 for run in runs]).direction is None
    assert [run.seconds for run in history.runs(experiment="external_api/rate-limited", limit=2)["ttd"]] == [30.0, 40.0]


def test_what_ended_and_was_not_kept_is_known(store: Store, history: History, play: Play) -> None:
    store.create(drill("e"), truth(), PLAYBOOK)
    for name in "de":
        store.append(name, [event("drill.ended", after_s=60)], START)
    play("e", 80.0)
    assert history.unkept() == ["d"]
