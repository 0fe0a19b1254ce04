"""What was good and what next, drawn from scorecards, and the action items that follow."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scoring.files import score_file
from scoring.playbook import Playbook
from scoring.review.lessons import Lessons, lessons
from scoring.review.proposing import DUE_DAYS, Situation, propose
from scoring.scorecard import Scorecard, score
from scoring.timeline import Timeline

Judge = Callable[..., Scorecard]
RECORDED = Path(__file__).parents[1] / "recorded"
SLOW: dict[str, Any] = {
    "events": [
        [1, "fault.injected", {}],
        [2, "impact.started", {}],
        [3, "alert.firing", {"name": "SlotsExhausted"}],
        [4, "incident.acknowledged", {"who": "Ada"}],
    ],
    "load": {"0-2": 0.0, "2-90": 1.0},
    "checks": {"3-90": "bad"},
    "ended": 90,
}
SITUATION = Situation("database/connection-exhaustion", "postgres", {}, ("Ada",), date(2026, 1, 5))


@pytest.fixture
def judge(told: Callable[[Mapping[str, Any]], Timeline], playbook: Playbook) -> Judge:
    return lambda case, **more: score(told({**case, **more}), playbook)


def test_each_dimension_that_was_assessed_is_on_one_side(judge: Judge) -> None:
    card = judge(SLOW)
    said = lessons(card)
    graded = {name for name, each in card.dimensions.items() if each.grade is not None}
    good, short = {each.about for each in said.good}, {each.about for each in said.next}
    assert good | (short & graded) == graded
    assert not good & short
    assert {"detect", "acknowledge"} <= good
    assert {"classify", "mitigate", "communicate"} <= short


def test_what_failed_the_drill_comes_first_then_what_cost_most(judge: Judge) -> None:
    said = lessons(judge(SLOW)).next
    assert (said[0].about, said[0].mark) == ("never_mitigated", "U")
    assert said[0].text.startswith("This failed the drill, whatever its points. Users were never served again")
    costs = [each.lost for each in said[1:] if each.lost]
    assert costs == sorted(costs, reverse=True)
    assert said[1].about == "mitigate"
    assert said[1].text.startswith("Serve users again sooner. It was never done")


def test_a_lesson_is_shown_by_what_the_scorecard_names(judge: Judge) -> None:
    card = judge(SLOW)
    for each in (*lessons(card).good, *lessons(card).next):
        assert set(each.events) <= {name for d in card.dimensions.values() for name in d.events} | {
            name for m in card.measures.values() for name in m.events
        } | {name for fail in card.hard_fails for name in fail.events}
        assert each.text.endswith((".", "?"))


def test_a_limit_that_no_dimension_grades_is_a_lesson_too(judge: Judge) -> None:
    late = [*SLOW["events"], [60, "incident.declared", {"severity": "SEV-1"}]]
    [lesson] = [each for each in lessons(judge(SLOW, events=late)).next if each.about == "ttc"]
    assert lesson.text == "Declare a severity sooner. It took 57 min; 15 min were allowed."


def test_false_alarms_and_hints_are_lessons(judge: Judge) -> None:
    more = [*SLOW["events"], [0, "alert.firing", {"name": "DiskFull"}], [5, "hint.taken", {"cost": 3}]]
    said = {each.about: each.text for each in lessons(judge(SLOW, events=more)).next}
    assert said["noise"].endswith("1 alert fired while nothing was injected: DiskFull.")
    assert "1 hint was taken, which cost 3 points" in said["hints"]


def test_a_drill_without_a_verdict_teaches_nothing(judge: Judge) -> None:
    aborted = [*SLOW["events"], [9, "drill.aborted", {"reason": "power"}]]
    assert lessons(judge(SLOW, events=aborted)) == Lessons((), ())


@pytest.mark.parametrize("is_paged", [False, True])
def test_a_control_drill_is_about_false_alarms(judge: Judge, is_paged: bool) -> None:
    events = [[20, "alert.firing", {"name": "DiskFull"}]] if is_paged else []
    card = judge({"truth": {"control": True}, "load": {"0-60": 0.0}, "events": events})
    said = lessons(card)
    if is_paged:
        assert said.good == ()
        assert said.next[0].text == (
            "Mend what raised a false alarm. A false alarm: DiskFull fired though nothing was injected."
        )
        assert propose(card, SITUATION)[0].text.endswith("though nothing was wrong: DiskFull")
    else:
        assert [each.text for each in said.good] == ["It raised no false alarm. Nobody was paged, and rightly so."]
        assert (said.next, propose(card, SITUATION)) == ((), ())


def test_a_drill_that_went_well_leaves_nothing_to_do() -> None:
    card = score_file(RECORDED / "connection-exhaustion.timeline.json", "llm-research-lab")
    assert lessons(card).next == ()
    assert len(lessons(card).good) == 7
    assert propose(card, SITUATION) == ()


def test_an_item_is_proposed_for_each_weak_point_with_owner_and_date(judge: Judge) -> None:
    holders = {"incident-commander": "Carla", "communications-lead": "Bob", "technical-lead": ""}
    items = propose(judge(SLOW), Situation("slots", "postgres", holders, ("Ada",), date(2026, 1, 5)))
    first = items[0]
    assert (first.priority, first.due_on, first.owner) == ("P0", "2026-01-07", "Carla")
    assert first.text.startswith("See that this cannot happen again: users were never served again")
    owners = {item.text.split(":")[0]: item.owner for item in items}
    assert owners["Have templates and a timer for updates at hand"] == "Bob"
    assert {item.priority for item in items[1:]} <= {"P1", "P2"}
    assert len({item.text for item in items}) == len(items)
    assert {item.due_on for item in items} <= {date(2026, 1, 5 + days).isoformat() for days in DUE_DAYS.values()}
    assert all("\n" not in item.text and len(item.text) < 300 for item in items)


def test_without_roles_the_first_of_the_people_owns_it_and_without_people_nobody(judge: Judge) -> None:
    assert {item.owner for item in propose(judge(SLOW), SITUATION)} == {"Ada"}
    nobody = Situation("slots", "postgres", {}, (), date(2026, 1, 5))
    assert {item.owner for item in propose(judge(SLOW), nobody)} == {""}
