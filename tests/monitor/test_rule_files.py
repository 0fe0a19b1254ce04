"""Alert rules, the sample's and those for any app, under promtool's own unit-test files, evaluated by our engine.

Each fires on its fault and else keeps silent. Other tests give the same files to promtool where it is on PATH, so that
the two readings are one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from series_notation import store

from simulator.monitor.durations import parse_duration
from simulator.monitor.groups import GroupState
from simulator.monitor.rules import load_rules
from simulator.monitor.storage import Storage

MONITORING = Path(__file__).parents[2] / "target_app" / "deploy" / "monitoring"
SHIPPED = Path(__file__).parents[2] / "simulator" / "drill" / "app" / "shipped"
FILES = sorted((MONITORING / "tests").glob("*.yaml"))
FOR_ANY_APP = sorted((SHIPPED / "tests").glob("*.yaml"))
_KNOWN = {"name", "interval", "input_series", "alert_rule_test"}

Seen = list[tuple[dict[str, str], dict[str, str]]]


def cases() -> Iterator[Any]:
    """Every test of every file, with the rule files that it names."""
    for file in [*FILES, *FOR_ANY_APP]:
        document = yaml.safe_load(file.read_text())
        rules = [(file.parent / name).resolve() for name in document["rule_files"]]
        for test in document["tests"]:
            yield pytest.param(rules, document["evaluation_interval"], test, id=f"{file.stem}: {test['name']}")


@pytest.mark.parametrize(("rules", "evaluation_interval", "test"), list(cases()))
def test_alerts_fire_as_the_file_says(rules: list[Path], evaluation_interval: str, test: dict[str, Any]) -> None:
    assert set(test) <= _KNOWN, "this reading of the format is not that wide"
    every_ms = parse_duration(evaluation_interval)
    series = {each["series"]: str(each["values"]) for each in test["input_series"]}
    groups = _groups(rules, every_ms, store(series, parse_duration(test["interval"])))
    at_ms = 0
    for look in sorted(test["alert_rule_test"], key=lambda look: parse_duration(look["eval_time"])):
        while at_ms <= parse_duration(look["eval_time"]):
            for group in groups:
                group.evaluate(at_ms)
            at_ms += every_ms
        assert {rule.error for group in groups for rule in group.rules} <= {""}
        wanted = [
            ({**each["exp_labels"], "alertname": look["alertname"]}, each["exp_annotations"])
            for each in look["exp_alerts"]
        ]
        assert _ordered(_firing(groups, look["alertname"])) == _ordered(wanted), look["eval_time"]


@pytest.mark.parametrize(
    ("files", "rules"),
    [(FILES, sorted((MONITORING / "rules").glob("*.yaml"))), (FOR_ANY_APP, [SHIPPED / "rules.yaml"])],
    ids=["sample", "any app"],
)
def test_every_rule_is_both_seen_to_fire_and_seen_to_keep_silent(files: list[Path], rules: list[Path]) -> None:
    fires: set[str] = set()
    keeps_silent: set[str] = set()
    for file in files:
        for test in yaml.safe_load(file.read_text())["tests"]:
            for look in test["alert_rule_test"]:
                (fires if look["exp_alerts"] else keeps_silent).add(look["alertname"])
    groups = load_rules(rules, 15_000)
    names = {rule.name for group in groups for rule in group.rules}
    assert (names - fires, names - keeps_silent) == (set(), set())


def _groups(rules: list[Path], every_ms: int, storage: Storage) -> list[GroupState]:
    return [
        GroupState(group, storage, external_labels={}, external_url="", lookback_ms=300_000, step_ms=every_ms)
        for group in load_rules(rules, every_ms)
    ]


def _firing(groups: list[GroupState], name: str) -> Seen:
    return [
        (dict(alert.labels), alert.annotations)
        for group in groups
        for state in group.rules
        if state.alerts is not None and state.rule.name == name
        for alert in state.alerts.active()
        if alert.state == "firing"
    ]


def _ordered(alerts: Seen) -> Seen:
    return sorted(alerts, key=lambda alert: sorted(alert[0].items()))
