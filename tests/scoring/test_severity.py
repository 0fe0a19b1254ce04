"""The severity that users' measured impact calls for, at each moment and of the whole drill."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scoring.playbook import Criterion, Playbook
from scoring.scorecard.severity import Seen, expected_severity, level_for, severity_over_time
from scoring.story import read_story
from scoring.timeline import Baseline, Drill, Event, Timeline, Truth, Window

START = datetime(2026, 1, 5, 10, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def drill(windows: Sequence[Window], *events: tuple[float, Any, dict[str, Any]], clock: float = 1) -> Timeline:
    told = [Event(kind=kind, occurred_at=at(second), data=data) for second, kind, data in events]
    return Timeline(
        drill=Drill(id="told", clock=clock, started_at=START, ended_at=at(600)),
        truth=Truth(failure_mode="x", component="in no matrix"),
        events=(Event(kind="fault.injected", occurred_at=START), *told),
        impact=tuple(windows),
    )


def loads(*shares: float | None, seconds: float = 20) -> list[Window]:
    """Windows one after another, by the share of 100 requests that failed; None where nobody asked for anything."""
    return [
        Window(at=at(place * seconds), seconds=seconds, requests=asked, failures=round(asked * (share or 0)))
        for place, (share, asked) in enumerate((share, 0 if share is None else 100) for share in shares)
    ]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.2, 0.2, 0.2, 0, 0], "SEV-2"),  # a drill minute
        ([0.2, 0.2, 0, 0.2, 0.2], "SEV-4"),  # twice two thirds of one
        ([0.2, 0.2, None, 0.2, 0], "SEV-2"),  # nobody asked in between, which says nothing
        ([0.2, 1, 0.2, 0, 0], "SEV-2"),  # the graver window counts for the lesser level
        ([0.06, 0.2, 0.2, 0.06, 0], "SEV-3"),
        ([1, 1, 1, 0.2, 0.2], "SEV-1"),
    ],
)
def test_the_gravest_level_that_held_for_a_drill_minute_is_expected(
    shares: list[float | None], expected: str, playbook: Playbook
) -> None:
    story = read_story(drill(loads(*shares)), playbook)
    assert expected_severity(story, at(600)) == expected


def test_a_hole_in_the_load_breaks_a_run(playbook: Playbook) -> None:
    windows = loads(0.2, 0.2, 0.2)
    later = [window.model_copy(update={"at": window.at + timedelta(seconds=31)}) for window in windows[1:]]
    assert expected_severity(read_story(drill(windows), playbook), at(600)) == "SEV-2"
    assert expected_severity(read_story(drill([windows[0], *later]), playbook), at(600)) == "SEV-4"


def test_a_late_window_can_break_a_run_that_had_held(playbook: Playbook) -> None:
    story = read_story(drill(loads(0.2, 0, 0.2, 0.2, 0.2, 0)), playbook)
    assert expected_severity(story, at(600)) == "SEV-2"
    late = Window(at=at(50), seconds=10, requests=100)
    story.chronicle.add_windows([late, Window(at=at(120), seconds=20, requests=100, failures=20)])
    assert expected_severity(story, at(600)) == "SEV-4"


def test_only_what_was_before_the_end_of_the_incident_counts(playbook: Playbook) -> None:
    story = read_story(drill(loads(0.2, 0.2, 0.2, 1, 1, 1)), playbook)
    assert expected_severity(story, at(60)) == "SEV-2"
    assert expected_severity(story, at(600)) == "SEV-1"


def test_it_is_told_wherever_it_changes(playbook: Playbook) -> None:
    story = read_story(drill(loads(0, 0.2, 0.2, None, 0.2, 1, 0.06, 0)), playbook)
    assert severity_over_time(story) == (
        (at(0), None),
        (at(20), "SEV-2"),
        (at(100), "SEV-1"),
        (at(120), "SEV-3"),
        (at(140), None),
    )


def test_without_load_windows_it_is_that_of_the_impact_events(playbook: Playbook) -> None:
    started = (30, "impact.started", {"error_share": 0.2, "p95_ms": "unknown"})
    story = read_story(drill([], started, (95, "impact.ended", {})), playbook)
    assert severity_over_time(story) == ((at(30), "SEV-2"), (at(95), None))
    assert expected_severity(story, at(600)) == "SEV-2"


CRITERIA = {
    "success": Criterion(measure="success", below=0.9, derived="a test"),
    "users_share": Criterion(measure="users_share", at_least=0.25, derived="a test"),
    "p95_times_baseline": Criterion(measure="p95_times_baseline", at_least=3, derived="a test"),
    "availability": Criterion(measure="availability", at_most=0.9, derived="a test"),
}


@pytest.mark.parametrize(
    ("measure", "seen", "is_shown"),
    [
        ("success", Seen(0.11), True),
        ("success", Seen(0.10), False),
        ("availability", Seen(0.10), True),
        ("users_share", Seen(0.01, users_share=0.25), True),
        ("users_share", Seen(0.9, users_share=0.2), False),
        ("users_share", Seen(0.9), False),  # nobody counted users
        ("p95_times_baseline", Seen(0, p95_ms=120), True),
        ("p95_times_baseline", Seen(0, p95_ms=119), False),
        ("p95_times_baseline", Seen(0), False),
    ],
)
def test_each_measure_shows_a_level_by_its_bound(measure: str, seen: Seen, is_shown: bool, playbook: Playbook) -> None:
    levels = [level.model_copy(update={"criteria": ()}) for level in playbook.levels]
    levels[1] = levels[1].model_copy(update={"criteria": (CRITERIA[measure],)})
    book = playbook.model_copy(update={"levels": tuple(levels), "matrix": ()})
    assert level_for(seen, book, Baseline(p95_ms=40)) == (levels[1].id if is_shown else None)
    if measure == "p95_times_baseline":
        assert level_for(seen, book) is None


def test_users_are_counted_from_the_load_windows(playbook: Playbook) -> None:
    levels = [level.model_copy(update={"criteria": ()}) for level in playbook.levels]
    levels[0] = levels[0].model_copy(update={"criteria": (CRITERIA["users_share"],)})
    book = playbook.model_copy(update={"levels": tuple(levels), "matrix": ()})
    few, many, unknown = (
        [window.model_copy(update={"users": 20, "users_affected": affected}) for window in loads(0.04, 0.04, 0.04)]
        for affected in (4, 5, None)
    )
    told = [expected_severity(read_story(drill(windows), book), at(600)) for windows in (few, many, unknown)]
    assert told == [levels[-1].id, levels[0].id, levels[-1].id]
