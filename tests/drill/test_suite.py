"""A suite says what is played and what is required, and a mistake in it is told by its line."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from simulator.drill.catalog import shipped_suites
from simulator.drill.plan import Options, plan_suite
from simulator.drill.schemas import as_text, published
from simulator.drill.suite import EVERY_SLA, Budgets, Suite, SuiteFile, read_suite
from simulator.errors import BadInput

WHOLE = """
title: Mine
playbook: causal-eval-bench
clock: 120
users: 20
experiments:
  - rate-limited
  - [connection-exhaustion, rate-limited]
  - experiment: cache-down
    budgets: {requests_failed: 40%, slas: [ttd]}
  - experiment: rate-limited
    control: true
repetitions: {most: 5}
budgets:
  score: 80
  requests_failed: 0.25
  noise: 1
dimensions: [detect, mitigate]
"""


def suite(tmp_path: Path, text: str) -> SuiteFile:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return read_suite(str(path))


def test_all_that_a_suite_says_is_read(tmp_path: Path) -> None:
    file = suite(tmp_path, WHOLE)
    drills = file.suite.experiments
    assert (file.name, file.title) == ("mine", "Mine")
    assert [len(drill.experiment) for drill in drills] == [1, 2, 1, 1]
    assert [drill.control for drill in drills] == [False, False, False, True]
    assert file.suite.repetitions.most == 5
    assert file.suite.not_assessed == ("acknowledge", "classify", "communicate", "escalate", "diagnose", "close")
    shared = file.suite.budgets
    assert shared == Budgets(score=80, requests_failed=0.25, noise=1)
    assert shared.slas == EVERY_SLA
    assert shared.with_own(drills[2].budgets) == Budgets(score=80, slas=("ttd",), requests_failed=0.4, noise=1)
    assert shared.with_own(drills[0].budgets) == shared


def test_a_suite_that_requires_nothing_requires_every_sla(tmp_path: Path) -> None:
    assert suite(tmp_path, "experiments: [rate-limited]").suite.budgets == Budgets(slas=EVERY_SLA)


def test_a_plan_plays_what_the_suite_says_and_the_command_line_wins(tmp_path: Path) -> None:
    suite(tmp_path, WHOLE)
    plan = plan_suite(str(tmp_path / "mine.yaml"), Options(clock=240), tmp_path)
    assert (plan.clock.factor, plan.users, plan.playbook.name, plan.responder) == (
        240,
        20,
        "causal-eval-bench",
        "autopilot",
    )
    assert [scenario.is_control for scenario in plan.scenarios] == [False, False, False, True]
    assert plan.not_assessed == ("acknowledge", "classify", "communicate", "escalate", "diagnose", "close")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("experiments: [a]\nbudget: {}", r"mine.yaml:2: 'budget' is no field of a suite; did you mean 'budgets'?"),
        ("title: x", "mine.yaml:1: 'experiments' is missing"),
        ("experiments: []", "mine.yaml:1: 'experiments'"),
        ("experiments:\n  - rate-limited\n  - rate-limitd", "mine.yaml:3: experiment 'rate-limitd' is neither"),
        ("experiments: [rate-limited]\nbudgets:\n  slas: [ttd, ttx]", "mine.yaml:3: 'budgets.slas.1': 'ttx' is none"),
        ("experiments: [rate-limited]\nbudgets:\n  score: 180", "mine.yaml:3: 'budgets.score': input should be less"),
        (
            "experiments: [rate-limited]\nbudgets:\n  requests_failed: x%",
            "mine.yaml:3: 'budgets.requests_failed': 'x%'",
        ),
        ("experiments: [rate-limited]\nbudgets:\n  requests_failed: 140%", "mine.yaml:3: 'budgets.requests_failed'"),
        ("experiments: [rate-limited]\nrepetitions: {most: 1}", "mine.yaml:2: 'repetitions.most': input should be gr"),
        ("experiments: [rate-limited]\nclock: fast", "mine.yaml:2: 'clock': input should be a valid number"),
        (
            "experiments: [rate-limited]\ndimensions:\n - detekt",
            "mine.yaml:3: 'dimensions.0': 'detekt' is none; did you",
        ),
        (
            "experiments:\n - experiment: rate-limited\n   contrl: true",
            "mine.yaml:3: 'contrl' is no field of 'experime",
        ),
        ("experiments:\n - [rate-limited, rate-limited]", "mine.yaml:2: the same experiment twice"),
        ("experiments:\n - 7", "mine.yaml:2: 'experiments.0'"),
        ("experiments: [rate-limited", "mine.yaml:1: this is no valid YAML"),
    ],
)
def test_a_mistake_is_told_with_line_and_mend(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        suite(tmp_path, text)
    assert said in str(error.value)


@pytest.mark.parametrize("path", [path for _, path in shipped_suites()], ids=lambda path: path.stem)
def test_shipped_suites_can_be_played_and_fit_the_published_schema(path: Path, tmp_path: Path) -> None:
    plan_suite(str(path), Options(), tmp_path)
    jsonschema.validate(yaml.safe_load(path.read_text()), schema())


def test_the_published_schema_takes_what_the_code_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(yaml.safe_load(WHOLE), schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"experiments": [{"experiment": "a", "contrl": True}]}, schema())


def test_the_published_schema_is_that_of_the_code() -> None:
    for path, model in published().items():
        assert path.read_text() == as_text(model), "write it anew with: python -m simulator.drill.schemas"


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_text(Suite))
    return found
