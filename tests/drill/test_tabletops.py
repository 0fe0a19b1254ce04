"""Tabletops made of drills that were played: out of truth, runbook and a recorded run comes a scenario that holds."""

import os
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from scoring.playbook.file import load_playbook, playbook_names
from scoring.scorecard import score
from scoring.tabletop.file import Prepared, load_scenario
from scoring.tabletop.handouts import render
from scoring.tabletop.rehearsal import rehearse
from scoring.timeline import Timeline
from simulator.cli import app
from simulator.drill.catalog import experiment_file, shipped_experiments
from simulator.drill.experiment import read_experiment
from simulator.drill.runbook import sections_of
from simulator.drill.tabletops.finding import scenario_from
from simulator.drill.tabletops.recorded import Unusable, read_run
from simulator.drill.tabletops.runbooks import bullets_of, first_sentence
from simulator.errors import BadInput

RECORDED = Path(__file__).parents[1] / "scoring" / "recorded"
PLAYED = ("database/connection-exhaustion", "workload/crash-loop-bad-config", "external_api/rate-limited")


def timeline_file(name: str) -> Path:
    return RECORDED / f"{name.partition('/')[2]}.timeline.json"


def made(name: str, **asked: Any) -> Prepared:
    return scenario_from(name, Path(), timeline=timeline_file(name), **asked)[0]


@pytest.mark.parametrize("playbook", playbook_names())
@pytest.mark.parametrize("name", PLAYED)
def test_a_room_that_does_all_that_is_expected_earns_all_that_there_is(name: str, playbook: str) -> None:
    prepared = made(name, playbook=playbook)
    scenario = prepared.scenario
    assert len(scenario.injects) >= 10
    assert {each.kind for each in scenario.injects} >= {"alert", "symptom", "escalation", "false-alarm", "served-again"}
    card = score(rehearse(prepared), prepared.playbook)
    assert (card.verdict, card.hard_fails) == ("scored", ())
    assert card.score is not None
    assert card.score > 99, [(each.why) for each in card.dimensions.values()]
    assert card.expected_severity == scenario.truth.severity


@pytest.mark.parametrize("name", [name for name, _ in shipped_experiments()])
def test_one_can_be_made_of_every_experiment_that_ships(name: str, tmp_path: Path) -> None:
    """As if the recorded run had been one of it."""
    data = orjson.loads(timeline_file("external_api/rate-limited").read_bytes())
    experiment = read_experiment(experiment_file(name))
    renamed = {data["truth"]["alerts"][0]: experiment.truth["alerts"][0]}
    for event in data["events"]:
        labels = event["data"].get("labels", {})
        labels |= {"alertname": renamed[labels["alertname"]]} if labels.get("alertname") in renamed else {}
    data["truth"] |= {part: experiment.truth[part] for part in ("failure_mode", "component", "alerts", "severity")}
    path = tmp_path / "run.json"
    path.write_bytes(orjson.dumps(data))
    prepared, _ = scenario_from(name, tmp_path, timeline=path)
    card = score(rehearse(prepared), prepared.playbook)
    assert card.score is not None
    assert card.score > 95, [each.why for each in card.dimensions.values()]


@pytest.mark.parametrize("name", PLAYED)
def test_it_tells_what_was_recorded(name: str) -> None:
    timeline = Timeline.model_validate_json(timeline_file(name).read_bytes())
    prepared = made(name)
    scenario = prepared.scenario
    fired = [event.alert_name for event in timeline.events if event.kind == "alert.firing"]
    shown = [each.alert for inject in scenario.injects for each in inject.shows if each.event == "alert.firing"]
    assert set(shown) == set(fired)
    assert scenario.truth.component == (timeline.truth and timeline.truth.component)
    usual = timeline.baseline
    assert usual is not None
    assert f"{usual.requests_per_s:.0f} requests a second" in scenario.situation
    printed = next(event.text("output") for event in timeline.events if event.kind == "action.taken")
    notes = " ".join(inject.note or "" for inject in scenario.injects)
    assert printed.strip().splitlines()[-1].split()[-1] in notes


@pytest.mark.parametrize("name", PLAYED)
def test_the_room_is_not_told_the_cause(name: str) -> None:
    prepared = made(name)
    pages = render(prepared)
    mode = name.partition("/")[2]
    for file in ("participants.html", "injects.html"):
        assert mode not in pages[file]
        assert prepared.scenario.summary.splitlines()[0] not in pages[file]


def test_it_is_written_where_it_is_asked_for_out_of_the_newest_run_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["tabletop", "--from", "rate-limited"])
    assert told.exit_code != 0
    assert "play it first: gameday run" in str(told.exception)
    for number, day in enumerate(("1", "2")):
        place = tmp_path / ".gameday" / "reports" / day / "timelines"
        place.mkdir(parents=True)
        data = orjson.loads(timeline_file("external_api/rate-limited").read_bytes())
        data["drill"]["id"] = f"run-{number}"
        file = place / "1-rate-limited.json"
        file.write_bytes(orjson.dumps(data))
        os.utime(file, (1_000 + number, 1_000 + number))
    told = CliRunner().invoke(app, ["tabletop", "--from", "rate-limited", "--title", "Friday"])
    assert told.exit_code == 0, told.output
    assert "earns 100 of 100" in told.output
    written = tmp_path / "tabletop-rate-limited.yaml"
    assert "in drill run-1" in written.read_text()
    assert load_scenario(written).scenario.title == "Friday"
    again = CliRunner().invoke(app, ["tabletop", "from", "rate-limited"])
    assert again.exit_code != 0
    assert "says something else" in str(again.exception)
    printed = CliRunner().invoke(app, ["tabletop", "from", "rate-limited", "--out", "-"])
    assert printed.stdout.startswith("# A tabletop out of external_api/rate-limited")


def test_what_no_tabletop_can_be_made_of_is_refused_with_the_reason(tmp_path: Path) -> None:
    name = "external_api/rate-limited"
    data = orjson.loads(timeline_file(name).read_bytes())
    path = tmp_path / "run.json"
    for changed, said in (
        ({**data, "truth": {**data["truth"], "control": True}}, "no control drill"),
        ({**data, "events": [e for e in data["events"] if e["kind"] != "alert.firing"]}, "that was detected"),
    ):
        path.write_bytes(orjson.dumps(changed))
        with pytest.raises(BadInput, match=said):
            scenario_from(name, tmp_path, timeline=path)
    with pytest.raises(BadInput, match="cannot be read"):
        scenario_from(name, tmp_path, timeline=tmp_path / "nothing.json")
    with pytest.raises(BadInput, match="did you mean"):
        scenario_from("external_api/rate-limitd", tmp_path)
    shutil.copy(timeline_file(name), path)
    with pytest.raises(BadInput, match="playbook"):
        scenario_from(name, tmp_path, timeline=path, playbook="nobodys")


def test_a_run_that_was_not_mitigated_is_told_without_an_end() -> None:
    timeline = Timeline.model_validate_json(timeline_file("external_api/rate-limited").read_bytes())
    cut = timeline.model_copy(
        update={
            "impact": timeline.impact[:5],
            "events": tuple(event for event in timeline.events if event.kind not in ("impact.ended", "oracle.checked")),
        }
    )
    run = read_run(cut, load_playbook("llm-research-lab"))
    assert run.served_s is None
    assert run.impact.error_share > 0.1


def test_a_run_in_which_nothing_was_injected_is_unusable() -> None:
    timeline = Timeline.model_validate_json(timeline_file("external_api/rate-limited").read_bytes())
    events = tuple(event for event in timeline.events if event.kind != "fault.injected")
    with pytest.raises(Unusable, match="nothing was injected"):
        read_run(timeline.model_copy(update={"events": events}), load_playbook("llm-research-lab"))


def test_a_runbook_is_taken_apart_by_its_headings() -> None:
    text = "# T\n\nx\n\n## Symptoms\n\n- one\n  goes on\n- two\n\n## Mitigate\n\n```bash\n## no heading\n```\n"
    sections = sections_of(text)
    assert list(sections) == ["Symptoms", "Mitigate"]
    assert sections["Mitigate"] == "```bash\n## no heading\n```"
    assert bullets_of(sections["Symptoms"]) == ["one goes on", "two"]
    assert first_sentence("Do this. Then that.\n\n- x") == "Do this."
