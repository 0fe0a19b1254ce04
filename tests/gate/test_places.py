"""Where the mend of a missed requirement begins."""

from pathlib import Path

import pytest
from gated import attempt

from scoring.scorecard.cards import AlertCard
from scoring.timeline import Event
from simulator.drill.catalog import experiment_file
from simulator.drill.experiment import read_experiment
from simulator.drill.scenario import Scenario
from simulator.drill.target import SAMPLE, read_target
from simulator.gate.places import alert_line, begin_at
from simulator.report.models import DrillResult

EXHAUSTED = read_experiment(experiment_file("database/connection-exhaustion"))
RULES = read_target(SAMPLE).rules


def looked(missed: str, *attempts: DrillResult, scenario: Scenario | None = None) -> tuple[str, str]:
    """The name of the file and the words on the line that a place names."""
    place = begin_at(missed, scenario or Scenario((EXHAUSTED,)), RULES, attempts or (attempt(),))
    assert place is not None
    return Path(place.path).name, Path(place.path).read_text(encoding="utf-8").splitlines()[place.line - 1].strip()


def acted(command: str, exit_status: int) -> DrillResult:
    """An attempt in which the responder ran one command."""
    result = attempt()
    assert result.timeline is not None
    event = Event(
        kind="action.taken",
        occurred_at=result.timeline.drill.started_at,
        data={"by": "shell", "command": command, "exit_status": exit_status},
    )
    return result.model_copy(update={"timeline": result.timeline.model_copy(update={"events": (event,)})})


@pytest.mark.parametrize("missed", ["sla.ttd", "regression.ttd"])
def test_a_late_detection_begins_at_the_rule_of_the_alert_that_should_have_fired(missed: str) -> None:
    assert looked(missed) == ("connection-exhaustion.yaml", f"- alert: {EXHAUSTED.truth['alerts'][0]}")


def test_an_alert_that_is_in_no_rule_file_begins_where_the_experiment_counts_on_it() -> None:
    place = begin_at("sla.ttd", Scenario((EXHAUSTED,)), (), (attempt(),))
    assert place is not None
    assert place.path.endswith("database/connection-exhaustion/experiment.yaml")
    assert "alerts:" in Path(place.path).read_text(encoding="utf-8").splitlines()[place.line - 1]


@pytest.mark.parametrize("missed", ["sla.ttm", "sla.ttr", "requests_failed", "hard_fails", "regression.ttm"])
def test_a_late_mitigation_begins_at_the_runbooks_own(missed: str) -> None:
    assert looked(missed) == ("runbook.md", "## Mitigate")


def test_it_begins_at_the_block_that_failed_if_one_did() -> None:
    text = EXHAUSTED.runbook.read_text(encoding="utf-8")
    block = next(part for part in text.split("```bash\n") if part.startswith("hoarder=")).partition("\n```")[0]
    failed = begin_at("sla.ttm", Scenario((EXHAUSTED,)), RULES, (acted(block, 1),))
    assert failed is not None
    assert text.splitlines()[failed.line].startswith("hoarder="), "the fence is the line above"
    assert looked("sla.ttm", acted(block, 0)) == ("runbook.md", "## Mitigate")


def test_of_two_causes_it_is_the_runbook_whose_block_failed() -> None:
    other = read_experiment(experiment_file("external_api/rate-limited"))
    text = other.runbook.read_text(encoding="utf-8")
    block = text.partition("```bash\n")[2].partition("```")[0]
    place = begin_at("sla.ttm", Scenario((EXHAUSTED, other)), RULES, (acted(block, 1),))
    assert place is not None
    assert "rate-limited" in place.path


def test_noise_begins_at_the_rule_of_the_alert_that_fired_for_nothing() -> None:
    noisy = attempt(noise_alerts=AlertCard(count=1, alerts=("NodeDown",)))
    assert looked("noise", noisy)[1] == "- alert: NodeDown"
    control = Scenario((EXHAUSTED,), is_control=True)
    accepted = attempt(noise_alerts=AlertCard(), accepted_alerts=AlertCard(count=1, alerts=("HighErrorRate",)))
    assert looked("false_alarm", accepted, scenario=control)[1] == "- alert: HighErrorRate"


def test_a_score_begins_where_most_was_lost() -> None:
    card = attempt().scorecard
    assert card is not None
    for dimension, where in (("detect", "connection-exhaustion.yaml"), ("mitigate", "runbook.md")):
        poor = {**card.dimensions, dimension: card.dimensions[dimension].model_copy(update={"points": 0.0})}
        assert looked("score", attempt(dimensions=poor))[0] == where
    talk = {**card.dimensions, "communicate": card.dimensions["communicate"].model_copy(update={"points": -99.0})}
    assert begin_at("score", Scenario((EXHAUSTED,)), RULES, (attempt(dimensions=talk),)) is None


@pytest.mark.parametrize("missed", ["sla.tta", "sla.ttc", "regression.score", "something.else"])
def test_what_people_alone_can_do_better_has_no_line(missed: str) -> None:
    unplayed = attempt("aborted", "no cluster")
    assert begin_at(missed, Scenario((EXHAUSTED,)), RULES, (unplayed,)) is None


def test_every_shipped_experiment_has_a_place_for_detection_and_mitigation() -> None:
    for path in experiment_file("database/connection-exhaustion").parents[2].glob("*/*/experiment.yaml"):
        scenario = Scenario((read_experiment(path),))
        assert looked("sla.ttd", scenario=scenario)[1].startswith("- alert: ")
        assert looked("sla.ttm", scenario=scenario)[1] == "## Mitigate"


def test_a_rule_is_found_by_its_name_and_not_by_words_in_it() -> None:
    text = "groups:\n- name: alert\n  rules:\n  # alert: A\n  - expr: alert\n    alert: A\n  - {record: x, expr: y}\n"
    assert alert_line(text, "A") == 6
    assert alert_line(text, "B") is None
    assert alert_line("", "A") is None
