"""The scenarios that ship: one for each playbook, fit to be run, and each can be played well."""

from dataclasses import replace
from pathlib import Path

import pytest

from scoring.playbook import DIMENSIONS
from scoring.playbook.file import playbook_names
from scoring.scorecard import Scorecard, score
from scoring.tabletop.draft import SCHEMA_FILE
from scoring.tabletop.file import Prepared, load_scenario, scenario_names, scenario_text
from scoring.tabletop.rehearsal import rehearse

ROOT = Path(__file__).parents[3]
ALL = {name: load_scenario(name) for name in scenario_names()}
each = pytest.mark.parametrize("prepared", ALL.values(), ids=list(ALL))
COVERED = {
    "incident.acknowledged",
    "incident.declared",
    "role.assigned",
    "update.posted",
    "incident.escalated",
    "diagnosis.submitted",
    "action.taken",
    "incident.resolved",
}


def rehearsed(prepared: Prepared) -> Scorecard:
    return score(rehearse(prepared), prepared.playbook)


def events(prepared: Prepared) -> set[str]:
    return {action.answers.event for _, action in prepared.scenario.actions() if action.answers}


def test_one_ships_for_each_playbook() -> None:
    assert list(ALL) == playbook_names()
    assert all(prepared.playbook.name == prepared.scenario.name == name for name, prepared in ALL.items())


def test_each_is_about_something_else() -> None:
    modes = {prepared.scenario.truth.failure_mode for prepared in ALL.values()}
    assert len(modes) == len(ALL)
    assert {mode.split("/")[0] for mode in modes} >= {"database", "security", "external_api", "service"}
    for mode in modes:
        assert (ROOT / "experiments" / mode / "experiment.yaml").is_file(), mode


@each
def test_it_is_long_enough_escalates_and_misleads(prepared: Prepared) -> None:
    kinds = [inject.kind for inject in prepared.scenario.injects]
    assert len(kinds) >= 10
    assert "escalation" in kinds
    assert "served-again" in kinds
    false = [inject for inject in prepared.scenario.injects if inject.kind == "false-alarm"]
    assert false
    assert all(inject.note and "red herring" in inject.note and inject.expects for inject in false)


@each
def test_the_duties_of_the_playbook_are_all_asked_for(prepared: Prepared) -> None:
    assert events(prepared) >= COVERED
    asked = {objective.dimension for objective in prepared.scenario.objectives}
    assert asked == set(DIMENSIONS) - {"detect"}
    roles = {role.id for role in prepared.playbook.roles}
    assert {participant.role for participant in prepared.scenario.participants} == roles
    assert all(participant.knows for participant in prepared.scenario.participants)
    assert prepared.scenario.hot_wash


@each
def test_a_source_is_a_heading_of_the_playbooks_document(prepared: Prepared) -> None:
    sources = [inject.source for inject in prepared.scenario.injects if inject.source]
    assert len(sources) >= 6
    assert all(source.startswith(f"{prepared.playbook.document} § ") for source in sources)


@each
def test_a_room_that_does_all_that_is_expected_earns_the_best_mark_everywhere(prepared: Prepared) -> None:
    card = rehearsed(prepared)
    assert (card.verdict, card.mark, card.hard_fails) == ("scored", "P", ())
    assert card.expected_severity == card.declared_severity == prepared.scenario.truth.severity
    for name, dimension in card.dimensions.items():
        if name in prepared.scenario.not_assessed:
            assert dimension.mark is None, name
        else:
            assert dimension.mark == "P", f"{name}: {dimension.why}"


@each
def test_a_room_that_does_nothing_earns_nothing(prepared: Prepared) -> None:
    timeline = rehearse(prepared)
    shown = tuple(e for e in timeline.events if e.source == "facilitator" and e.kind != "impact.ended")
    card = score(timeline.model_copy(update={"events": shown}), prepared.playbook)
    assert card.mark == "U"
    assert card.score is not None
    assert card.score < 10


@each
def test_what_a_room_leaves_out_is_what_it_is_marked_down_for(prepared: Prepared) -> None:
    """Without its escalations and updates the very same room is marked down for just these."""
    timeline = rehearse(prepared)
    silent = tuple(e for e in timeline.events if e.kind not in ("update.posted", "incident.escalated"))
    card = score(timeline.model_copy(update={"events": silent}), prepared.playbook)
    assert card.dimensions["communicate"].mark == "U"
    assert card.dimensions["escalate"].mark in ("U", None)
    assert card.dimensions["diagnose"].mark == "P"


@each
def test_what_the_room_may_read_does_not_name_the_cause(prepared: Prepared) -> None:
    scenario = prepared.scenario
    mode = scenario.truth.failure_mode.split("/")[1]
    for text in (scenario.title, scenario.situation, *(inject.id for inject in scenario.injects)):
        assert mode not in text
        assert mode.replace("-", " ") not in text.lower()


@each
def test_an_editor_finds_the_schema(prepared: Prepared) -> None:
    first = scenario_text(prepared.scenario.name).splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"


def slower(name: str, action_id: str, within_s: float) -> Prepared:
    """A shipped scenario whose room takes its time over one action: half of what is given here."""
    prepared = ALL[name]
    injects = tuple(
        inject.model_copy(
            update={
                "expects": tuple(
                    action.model_copy(update={"within": within_s}) if action.id == action_id else action
                    for action in inject.expects
                )
            }
        )
        for inject in prepared.scenario.injects
    )
    return replace(prepared, scenario=prepared.scenario.model_copy(update={"injects": injects}))


def test_an_inject_that_waits_comes_with_what_it_waits_for() -> None:
    late = slower("llm-research-lab", "stop-the-export", 50 * 60)
    at = {event.key: event.occurred_at for event in rehearse(late).events}
    assert at["requests-go-through/0"] == at["stop-the-export/0"]
    assert rehearsed(late).measures["ttm"].drill_seconds == (18 + 25) * 60


def test_an_inject_for_rooms_that_forgot_something_is_left_out_where_nothing_was_forgotten() -> None:
    assert "brief-the-team-lead/0" not in {e.key for e in rehearse(ALL["autonomous-dev-system"]).events}
    late = rehearse(slower("autonomous-dev-system", "page-the-team-lead", 22 * 60))
    assert "brief-the-team-lead/0" in {event.key for event in late.events}
