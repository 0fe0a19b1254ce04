"""The review before anybody wrote it, under each playbook: what the timeline tells, and what it does not."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook, playbook_names
from scoring.review import Review
from scoring.review.draft import draft
from scoring.review.kinds import kind_of
from scoring.scorecard import score
from scoring.timeline import Timeline

from ..conftest import START

Told = Callable[[Mapping[str, Any]], Timeline]
SECRET = "zanzibar"
HANDLED: dict[str, Any] = {
    "events": [
        [0, "drill.started", {}],
        [9, "fault.injected", {"effect": f"{SECRET} is full"}],
        [10, "impact.started", {"error_share": 0.5}],
        [12, "alert.firing", {"name": "SlotsExhausted"}],
        [13, "alert.firing", {"name": "*Bold*Alert"}],
        [14, "incident.acknowledged", {"who": "Ada"}],
        [15, "incident.declared", {"severity": "SEV-2", "text": "half of all requests fail"}],
        [15, "role.assigned", {"role": "incident-commander", "who": "Ada"}],
        [16, "update.posted", {"audiences": ["customers"], "status": "investigating", "text": "we look"}],
        [17, "observation.noted", {"by": "Olga", "text": "calm"}],
        [18, "diagnosis.submitted", {"component": "postgres", "failure_mode": "slots", "text": "35 of 35 are taken"}],
        [19, "action.taken", {"command": "psql -c 'SELECT 1'", "exit_status": 0}],
        [19, "action.taken", {"command": "PATCH /api", "by": "audit"}],
        [20, "impact.ended", {}],
        [42, "incident.resolved", {"text": "the batch was taken out"}],
        [43, "update.posted", {"audiences": ["customers"], "status": "resolved", "text": "it is over for you"}],
    ],
    "load": {"0-10": 0.0, "10-20": 0.5, "20-60": 0.0},
    "checks": {"9-20": "bad", "20-60": "ok"},
    "truth": {"failure_mode": f"database/{SECRET}-exhaustion"},
}


@pytest.fixture
def made(told: Told, playbook: Playbook) -> Callable[..., Review]:
    def make(book: Playbook | None = None, **more: Any) -> Review:
        timeline = told({**HANDLED, **more})
        return draft(timeline, book or playbook, score(timeline, book or playbook))

    return make


@pytest.mark.parametrize("name", playbook_names())
def test_it_has_the_parts_of_the_playbook_and_each_is_known(name: str, made: Callable[..., Review]) -> None:
    book = load_playbook(name)
    review = made(book)
    assert [part.id for part in review.parts] == [p for p in book.review.parts.value if p != "action_items"]
    assert review.wants_items
    for part in review.parts:
        assert part.asks.endswith("?") or part.asks.endswith("."), f"{part.id} does not say what it wants to know"
        assert part.title
    [timeline] = [part.text for part in review.parts if part.id == "timeline"]
    assert "SlotsExhausted" in timeline


def test_a_part_that_only_its_own_playbook_knows_has_its_name() -> None:
    assert (kind_of("blast_radius").title, kind_of("blast_radius").asks) == ("Blast radius", "")


def test_the_timeline_tells_instants_and_drill_time_from_the_onset(made: Callable[..., Review]) -> None:
    lines = made().text("timeline").splitlines()
    assert "- 10:00:12 UTC (+2 min): alert fires: SlotsExhausted" in lines
    assert lines[0].startswith("- 10:00:09 UTC (−1 min): fault takes effect")
    assert not any("calm" in line or "PATCH" in line or "drill starts" in line for line in lines)
    assert r"\*Bold\*Alert" in made().text("timeline")


def test_detection_and_response_say_how_long_it_took(made: Callable[..., Review]) -> None:
    assert made().text("detection") == (
        "It took 2 min to detect, within half of the 15 min allowed. "
        "The alert SlotsExhausted fired at 10:00:12 UTC (+2 min)."
    )
    assert "- It took 2 min to acknowledge, within half of the 15 min allowed." in made().text("response")


def test_the_root_cause_is_the_diagnosis_and_the_truth(made: Callable[..., Review]) -> None:
    assert made().text("root_cause").splitlines() == [
        "The diagnosis was slots in postgres: 35 of 35 are taken.",
        f"What was injected was database/{SECRET}-exhaustion in postgres.",
    ]


def test_what_only_people_know_is_left_blank(made: Callable[..., Review]) -> None:
    for name, part in [
        ("llm-research-lab", "prevention"),
        ("autonomous-dev-system", "lessons"),
        ("autoformalize-math-lab", "runbook_updates"),
        ("robo-rlhf-multimodal", "review_meeting"),
    ]:
        assert made(load_playbook(name)).text(part) == ""


def test_each_document_has_its_own_parts_filled_in(made: Callable[..., Review]) -> None:
    robo, math = made(load_playbook("robo-rlhf-multimodal")), made(load_playbook("autoformalize-math-lab"))
    assert robo.text("resolution_notice") == "it is over for you"
    assert "the batch was taken out" in robo.text("resolution").lower()
    assert "psql -c 'SELECT 1'" in robo.text("resolution")
    assert robo.text("stakeholders").startswith("- ")
    assert "250 of 500 requests failed (50 %) until users were served again" in robo.text("incident_report")
    assert robo.text("restoration").startswith("Service held for")
    assert "gameday export told" in math.text("evidence")
    assert "SlotsExhausted at 10:00:12 UTC (+2 min): it named the fault" in math.text("alert_review")
    ads = made(load_playbook("autonomous-dev-system"))
    assert "It was noticed early." in ads.text("went_well")
    assert "Serve users" not in ads.text("went_well")


def test_what_has_to_be_handed_in_until_when(made: Callable[..., Review]) -> None:
    resolved_at = START + timedelta(seconds=42)
    due = {each.title: each.until_at for each in made(load_playbook("robo-rlhf-multimodal")).due}
    assert due["the confirmation that all is restored"] == resolved_at + timedelta(hours=2) / 60
    assert due["the blameless review"] == resolved_at + timedelta(weeks=1) / 60
    stopped = [*HANDLED["events"], [44, "clock.stopped", {}], [54, "clock.started", {}]]
    later = made(load_playbook("robo-rlhf-multimodal"), events=stopped).due[0].until_at
    assert later == resolved_at + timedelta(hours=2) / 60 + timedelta(seconds=10), (
        "while the clock stands nothing is due"
    )


def test_before_the_end_it_tells_nothing_of_the_truth(told: Told) -> None:
    timeline = told({**HANDLED, "ended": None})
    hidden = {"fault.injected", "oracle.checked", "observation.noted"}
    seen = timeline.model_copy(
        update={"truth": None, "events": tuple(event for event in timeline.events if event.kind not in hidden)}
    )
    for name in playbook_names():
        review = draft(seen, load_playbook(name), None)
        assert SECRET not in str(review)
        assert review.items == ()
        assert "SlotsExhausted" in review.text("timeline")


def test_of_a_very_long_timeline_the_beginning_and_the_end_are_told(made: Callable[..., Review]) -> None:
    many = [[30 + n / 100, "update.posted", {"text": f"word {n}"}] for n in range(900)]
    lines = made(events=[*HANDLED["events"], *many]).text("timeline").splitlines()
    assert len(lines) == 151
    assert "(7" in lines[75]
    assert lines[75].endswith("more)")


def test_an_empty_drill_has_a_review_too(told: Told) -> None:
    timeline = told({"events": [], "load": {}})
    for name in playbook_names():
        book = load_playbook(name)
        review = draft(timeline, book, score(timeline, book))
        assert review.text("timeline") == ""
        assert review.due


def test_the_same_input_gives_the_same_review(made: Callable[..., Review]) -> None:
    assert made() == made()
    assert isinstance(made().due[0].until_at, datetime)
