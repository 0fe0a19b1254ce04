"""A scenario kept with its drill, and the scenario's clock."""

from datetime import timedelta
from typing import Any

import pytest
from exercise_told import START, told_at
from hypothesis import given
from hypothesis import strategies as st

from scoring.api.auth import Role
from scoring.api.withheld import drill_for, event_for
from scoring.errors import TabletopError
from scoring.exercise.kept import read_kept, scenario_text_of
from scoring.exercise.scenario_time import ScenarioTime, read_clock
from scoring.playbook import Playbook
from scoring.tabletop.words import elapsed
from scoring.timeline import Drill, Truth


def test_the_scenario_is_on_record_for_the_facilitator_alone(table: Any, playbook: Playbook) -> None:
    assert read_kept(table.events, playbook) == table.prepared.scenario
    shown = [event_for(Role.RESPONDER, table.drill, event) for event in table.events]
    assert scenario_text_of(event for event in shown if event is not None) is None
    drill = drill_for(Role.OBSERVER, table.drill, Truth(), 3)
    assert (drill.experiment, drill.is_tabletop) == (None, True)
    assert "at-noon" not in drill.model_dump_json()


def test_it_is_played_by_the_playbook_that_was_kept_with_it(table: Any, playbook: Playbook) -> None:
    other = playbook.model_copy(update={"name": "of-our-own"})
    assert read_kept(table.events, other) == table.prepared.scenario


def test_a_drill_without_a_scenario_is_no_tabletop(playbook: Playbook) -> None:
    with pytest.raises(TabletopError, match="is no tabletop"):
        read_kept([], playbook)


@given(st.integers(0, 99 * 3600))
def test_a_time_reads_back_as_it_is_shown(drill_s: int) -> None:
    assert read_clock(elapsed(drill_s)) == drill_s


@pytest.mark.parametrize("text", ["", "25", "0:60", "0:1", "-0:05", "0:05:99", "1:00:00:00", "0:０５"])
def test_what_is_no_time_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="such as 0:25"):
        read_clock(text)


@given(st.lists(st.tuples(st.sampled_from(["clock.stopped", "clock.started", "clock.advanced"]), st.integers(1, 9))))
def test_every_time_that_the_clock_showed_leads_to_an_instant_at_which_it_did(steps: list[tuple[str, int]]) -> None:
    at, events, instants = START, [], [START]
    for number, (kind, minutes) in enumerate(steps):
        at += timedelta(minutes=minutes)
        data = {"drill_seconds": 60.0 * minutes} if kind == "clock.advanced" else {}
        events.append(told_at(kind, at, f"k{number}", **data))
        instants += [at, at + timedelta(seconds=30)]
    time = ScenarioTime(Drill(id="d", clock=3.0, started_at=START), events)
    for instant in instants:
        shown_s = time.elapsed_s(instant)
        assert time.elapsed_s(time.instant(shown_s)) == pytest.approx(shown_s, abs=0.001)
