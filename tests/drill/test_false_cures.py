"""What must not pass for a mitigation: what is done, and which condition has to refuse it."""

from typing import Any

import pytest
import yaml

from simulator.drill.catalog import shipped_experiments
from simulator.drill.experiment import read_experiment
from simulator.drill.false_cures import (
    FALSE_CURES,
    FEATURE_OFF,
    RESTART,
    SCALE_TO_ZERO,
    SILENCE,
    STOP_LOAD,
    FalseCure,
    Temptations,
    broken,
    command,
    cures_of,
)
from simulator.drill.impact import Thresholds
from simulator.drill.silencing import without
from simulator.drill.target import SAMPLE, read_target

THRESHOLDS = Thresholds(error_share=0.05, p95_ms=2000)
RULES = """
groups:
  - name: both
    rules:
      - {alert: Loud, expr: up == 0}
      - {alert: Other, expr: up == 0}
  - name: only
    rules:
      - {alert: Loud, expr: up == 0, for: 1m}
"""


def window(requests: int = 60, failures: int = 0) -> dict[str, Any]:
    return {"requests": requests, "failures": failures, "p95_ms": 20.0, "seconds": 1.0}


def condition(name: str, *, ok: bool) -> dict[str, Any]:
    return {"name": name, "ok": ok, "seen": "so"}


def refused(cure: FalseCure, windows: list[dict[str, Any]], *conditions: dict[str, Any]) -> tuple[str, ...]:
    return broken(cure, conditions, windows, THRESHOLDS, least_requests_per_s=54)


@pytest.mark.parametrize(
    ("cure", "name"), [(SCALE_TO_ZERO, "ready_replicas"), (SILENCE, "rules_intact"), (FEATURE_OFF, "features")]
)
def test_a_condition_of_the_oracle_refuses_it(cure: FalseCure, name: str) -> None:
    well = [window()] * 5
    assert refused(cure, well, condition(name, ok=False), condition("services", ok=False)) == (f"{name}: so",)
    assert refused(cure, well, condition(name, ok=True), condition("services", ok=False)) == ()


def test_a_load_that_is_stopped_is_refused_by_the_load_that_is_missing() -> None:
    assert refused(STOP_LOAD, [window(0)] * 3) == ("offered_load: 0 requests a second, at least 54 are called for",)
    assert refused(STOP_LOAD, [window()] * 3) == ()


def test_two_windows_say_nothing_of_the_load_yet() -> None:
    assert refused(STOP_LOAD, [window(0)] * 2) == ()


def test_a_restart_is_refused_by_users_who_suffer_on() -> None:
    assert refused(RESTART, [window(), window(60, 20), window(60, 20)]) == ("users: 33% of requests failed",)
    assert refused(RESTART, [window(60, 20), window(), window()]) == (), "one bad window of three is none"


def test_a_restart_that_cures_is_not_among_what_must_not_pass() -> None:
    assert cures_of(Temptations()) == FALSE_CURES
    assert RESTART not in cures_of(Temptations(restart_cures=True))


def test_what_is_typed_concerns_the_workload_that_the_experiment_names() -> None:
    target = read_target(SAMPLE)
    named = Temptations(workload="statefulset/cache", feature_off="kubectl delete service cache")
    assert command(SCALE_TO_ZERO, Temptations(), target) == (
        "kubectl scale deployment/llm-research-api -n llm-research --replicas=0"
    )
    assert command(RESTART, named, target) == "kubectl rollout restart statefulset/cache -n llm-research"
    assert command(FEATURE_OFF, named, target) == "kubectl delete service cache"
    assert command(SILENCE, named, target) is None


def test_every_workload_that_a_shipped_experiment_names_is_in_the_manifests() -> None:
    target = read_target(SAMPLE)
    assert target.manifests is not None
    deployed = {
        f"{part['kind'].lower()}/{part['metadata']['name']}"
        for path in target.manifests.glob("*.yaml")
        for part in yaml.safe_load_all(path.read_text())
        if part["kind"] in ("Deployment", "StatefulSet")
    }
    named = {read_experiment(path).temptations.workload for _, path in shipped_experiments()} - {None}
    assert {"deployment/auth", "deployment/postgres"} <= named <= deployed


def test_a_feature_is_switched_off_for_connections_that_are_open_as_well() -> None:
    typed = command(FEATURE_OFF, Temptations(), read_target(SAMPLE))
    assert typed is not None
    assert "kubectl patch service llm-research-api" in typed
    assert "kubectl delete pods -n llm-research -l app=llm-research-api" in typed


def test_silenced_rules_are_taken_out_of_every_group_and_the_rest_stays() -> None:
    left = yaml.safe_load(without(RULES, ["Loud"]))["groups"]
    assert [(group["name"], [rule["alert"] for rule in group["rules"]]) for group in left] == [("both", ["Other"])]
    assert without(RULES, ["Elsewhere"]) == RULES
