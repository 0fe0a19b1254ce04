"""`gameday training`: a person's record against what the documents ask, and when everybody is due."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scoring.cli.training import training_of
from scoring.files import read_timeline
from scoring.timeline import Timeline

Run = Callable[..., tuple[int, str, str]]
RECORDED = read_timeline(Path(__file__).parents[1] / "recorded" / "rate-limited.timeline.json")
DAY = timedelta(days=1)


def of(timeline: Timeline, name: str, people: tuple[str, ...], days_ago: float) -> Timeline:
    """The same drill, played by others so many days ago."""
    moved = datetime.now(UTC) - days_ago * DAY - timeline.drill.started_at
    ended_at = timeline.drill.ended_at
    assert ended_at is not None
    drill = timeline.drill.model_copy(
        update={
            "id": name,
            "people": people,
            "started_at": timeline.drill.started_at + moved,
            "ended_at": ended_at + moved,
        }
    )
    events = tuple(
        event.model_copy(update={"occurred_at": event.occurred_at + moved, "received_at": None, "hash": None})
        for event in timeline.events
    )
    windows = tuple(window.model_copy(update={"at": window.at + moved}) for window in timeline.impact)
    return timeline.model_copy(update={"drill": drill, "events": events, "impact": windows})


@pytest.fixture
def played(record: Callable[[str, Timeline], Path]) -> None:
    """Ada and Bob practised together long ago, and Ada alone the other day."""
    record("20260101-100000-aaaa", of(RECORDED, "long-ago", ("Ada Lovelace", "Bob"), 200))
    record("20260102-100000-bbbb", of(RECORDED, "the-other-day", ("ada-lovelace",), 3))


def test_it_says_what_is_met_and_what_is_overdue(played: None, scoring: Run) -> None:
    status, out, err = scoring("training", "Bob")
    assert (status, err) == (0, "")
    assert "overdue   practises once a quarter: last practised on" in out
    assert "(autonomous-dev-system § Training)" in out
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("rate-limited")] == ["overdue"]
    told = json.loads(scoring("training", "ada-lovelace", "--json")[1])
    assert {each["id"]: each["state"] for each in told["requirements"]} == {
        "trained": "not_told",
        "practised": "met",
        "responded": "met",
        "reviewed": "met",
    }
    assert [each["drill_id"] for each in told["drills"]] == ["the-other-day", "long-ago"]


def test_without_a_name_it_says_when_everybody_is_due(played: None, scoring: Run) -> None:
    lines = scoring("training")[1].splitlines()
    assert [(line.split()[0], line.split()[-1]) for line in lines[1:]] == [("Bob", "overdue"), ("Ada", "met")]
    told = json.loads(scoring("training", "--json")[1])
    assert [(each["person"]["id"], each["drills"]) for each in told["people"]] == [("bob", 1), ("ada-lovelace", 2)]


def test_where_nobody_played_it_says_so(scoring: Run) -> None:
    assert scoring("training")[1].startswith("nobody is known yet")


def test_somebody_new_has_an_empty_record(played: None) -> None:
    record = training_of("Zoë Q.", None)
    assert (record.person.id, record.drills, record.due_at) == ("zoë-q", (), None)
    assert [each.drill_id for each in training_of("Ada Lovelace", None).drills] == ["the-other-day", "long-ago"]
