"""The after-action report: what it draws from an exercise, and the three formats it is written in."""

from typing import Any

import pytest

from scoring.exercise.after_action import Report, report
from scoring.exercise.write_up import write_up
from scoring.playbook import Playbook
from scoring.publishing.html import render_html
from scoring.publishing.markdown import render_markdown
from scoring.publishing.pdf import render_pdf
from scoring.scorecard import score
from scoring.timeline import Timeline


@pytest.fixture
def told(table: Any, playbook: Playbook) -> Report:
    table.does("reveal", inject="first-page")
    table.wait(2)
    table.does("tick", expected="take-it", who="Ada")
    table.does("reveal", inject="sessions", jump="yes")
    table.wait(12)
    table.does("tick", expected="stop-it", who="Bob")
    table.does("note", objective="respond", mark="P", text="one voice", sort="strength")
    table.does("note", text="nobody kept the time", sort="improvement")
    table.wait(1)
    table.does("end", sure="yes")
    items = [{"text": "Name the clients of the pool", "owner": "bob", "priority": "P1", "due_on": "2026-02-01"}]
    table.told("review.filed", parts={"action_items": items})
    timeline = Timeline(drill=table.drill, truth=table.prepared.truth, events=tuple(table.events))
    return report(table.exercise, table.events, score(timeline, playbook))


def test_strengths_and_improvements_come_from_marks_ticks_notes_and_the_scorecard(told: Report) -> None:
    strengths = {(each.area, each.text) for each in told.strengths}
    assert ("It is taken at once.", "one voice") in strengths
    assert ("It is taken at once.", "It was performed without challenges.") in strengths
    said = [(each.area, each.text) for each in told.improvements]
    assert ("", "nobody kept the time") in said
    assert any(area == "The cause is found." and "0:22, 2 min late" in text for area, text in said)
    assert any("SEV-1 is said: not done (inject 1, Errors)." in text for _, text in said)
    assert any(area == "Classify" for area, _ in said)


def test_the_plan_is_what_the_review_asks_for(told: Report) -> None:
    [item] = told.plan
    assert (item.text, item.owner, item.due_on) == ("Name the clients of the pool", "bob", "2026-02-01")


def test_the_course_is_told_in_scenario_time_and_without_ticks(told: Report) -> None:
    injects = [(line.at_s, line.text) for line in told.course if line.sort == "inject"]
    assert injects == [(0, "the monitor: Errors"), (600, "the database: What the database shows")]
    assert not any(line.sort in ("inject.answered", "observation.noted") for line in told.course)


def test_it_is_written_whole_in_each_format(told: Report) -> None:
    document = write_up(told)
    for text in (render_markdown(document), render_html(document)):
        for said in (
            "After-action report: A morning",
            "The shop takes two hundred orders",
            "A job holds every connection.",
            "Areas for improvement",
            "Name the clients of the pool",
            "one voice",
            "Scorecard",
        ):
            assert said in text
    assert render_pdf(document).startswith(b"%PDF-")


def test_before_the_end_it_says_that_it_is_still_held(table: Any) -> None:
    document = write_up(report(table.exercise, table.events, None, "There is none yet."))
    text = render_markdown(document)
    assert "still held" in text
    assert "There is none yet." in text
    assert "Nothing was decided yet." in text
