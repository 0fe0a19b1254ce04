"""A person's record against what the documents ask: met, due, overdue, and what no drill can show."""

from datetime import UTC, datetime, timedelta

import pytest

from scoring.training import (
    PRACTISE_EVERY,
    SOON,
    Person,
    Played,
    TrainingRecord,
    due_after,
    practice_of,
    state_of,
)
from scoring.training.requirements import requirements

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def played(days_ago: float, mode: str = "disk-full", **changed: object) -> Played:
    told = {
        "drill_id": f"{mode}-{days_ago}",
        "playbook": "llm-research-lab",
        "failure_mode": mode,
        "experiment": f"database/{mode}",
        "started_at": NOW - timedelta(days=days_ago),
        "verdict": "scored",
        "score": 80.0,
        "mark": "S",
        "sla_met": True,
    }
    return Played(**{**told, **changed})  # type: ignore[arg-type]


def record(*drills: Played, **changed: object) -> TrainingRecord:
    practice = practice_of(drills)
    last_at = max((each.last_at for each in practice), default=None)
    told = {"drills": drills, "practice": practice, "due_at": due_after(last_at), "not_met": ()}
    return TrainingRecord(Person("ada", "Ada"), **{**told, **changed})  # type: ignore[arg-type]


def states(told: TrainingRecord) -> dict[str, str]:
    return {each.id: each.state for each in requirements(told, NOW)}


def test_who_never_played_has_all_of_it_ahead() -> None:
    assert states(record()) == {"trained": "not_told", "practised": "due", "responded": "due", "reviewed": "due"}


@pytest.mark.parametrize(
    ("days_ago", "state"), [(0, "met"), (76, "met"), (77, "due"), (90.9, "due"), (91, "overdue"), (400, "overdue")]
)
def test_practice_holds_for_a_quarter_and_is_due_a_fortnight_before(days_ago: float, state: str) -> None:
    told = record(played(days_ago))
    assert (PRACTISE_EVERY.days, SOON.days) == (91, 14)
    assert states(told)["practised"] == state
    assert [state_of(each.due_at, NOW) for each in told.practice] == [state]


def test_a_tabletop_counts_as_a_live_drill_does() -> None:
    told = record(played(3, responder="tabletop"))
    assert states(told)["practised"] == "met"
    assert [each.kind for each in told.drills] == ["tabletop"]


@pytest.mark.parametrize("changed", [{"control": True}, {"verdict": "aborted"}, {"verdict": "inconclusive"}])
def test_a_drill_in_which_nothing_failed_or_was_judged_is_no_practice(changed: dict[str, object]) -> None:
    told = record(played(3, **changed))
    assert (told.practice, told.due_at) == ((), None)
    assert states(told)["practised"] == states(told)["responded"] == "due"


def test_a_mode_is_the_same_with_its_family_and_without() -> None:
    told = practice_of([played(1, "database/disk-full", responder="tabletop"), played(5), played(9, "cache-down")])
    assert [(each.failure_mode, each.drills) for each in told] == [("cache-down", 1), ("disk-full", 2)]


def test_a_response_is_once_and_for_all() -> None:
    assert states(record(played(4000)))["responded"] == "met"


def test_reviews_are_counted_with_the_last_one() -> None:
    told = record(played(3), reviews=2, reviewed_at=NOW)
    [reviewed] = [each for each in requirements(told, NOW) if each.id == "reviewed"]
    assert (reviewed.state, reviewed.why) == ("met", "2 reviews were filed of their drills, the last on 2026-06-01")


def test_each_requirement_names_a_heading_of_its_document() -> None:
    for each in requirements(record(), NOW):
        assert each.source == "autonomous-dev-system § Training"


def test_of_a_mode_the_last_drill_counts_and_what_is_due_first_comes_first() -> None:
    told = practice_of(
        [played(1, "rate-limited", mark="U"), played(5), played(9, "rate-limited"), played(2, "cache-down", score=None)]
    )
    assert [(each.failure_mode, each.drills, each.last_mark) for each in told] == [
        ("disk-full", 1, "S"),
        ("cache-down", 1, "S"),
        ("rate-limited", 2, "U"),
    ]
