"""The life of an alert, evaluation by evaluation."""

import pytest

from simulator.monitor.alerts import AlertStates
from simulator.monitor.config import Alertmanager
from simulator.monitor.connection import Connection
from simulator.monitor.errors import BadRules, QueryFailed
from simulator.monitor.groups import GroupState
from simulator.monitor.labels import from_mapping
from simulator.monitor.notify import Notifier, payload
from simulator.monitor.promql.functions import Sample
from simulator.monitor.rules import AlertRule, parse_rules
from simulator.monitor.storage import Storage

RULE = """\
groups:
  - name: g
    rules:
      - alert: Hot
        expr: temperature > 30
        for: 2s
        keep_firing_for: {keep}
        labels: {{severity: "page-{{{{ $labels.room }}}}"}}
        annotations: {{summary: "{{{{ $labels.room }}}} has {{{{ $value | humanize }}}}"}}
"""


def states(keep: str = "0s") -> AlertStates:
    rule = parse_rules(RULE.format(keep=keep), "rules.yml")[0].rules[0]
    assert isinstance(rule, AlertRule)
    return AlertStates(rule, {}, "")


def hot(value: float = 31.0, room: str = "lab") -> list[Sample]:
    return [Sample(from_mapping({"__name__": "temperature", "room": room}), value, 0)]


def test_an_alert_is_pending_until_its_for_has_passed_and_then_fires_at_that_instant() -> None:
    alerts = states()
    for at_ms in (1000, 2000, 2750):
        alerts.update(hot(), at_ms)
        assert alerts.active()[0].state == "pending"
    alerts.update(hot(35), 3000)
    alert = alerts.active()[0]
    assert (alert.state, alert.active_at_ms, alert.fired_at_ms) == ("firing", 1000, 3000)
    assert dict(alert.labels) == {"alertname": "Hot", "room": "lab", "severity": "page-lab"}
    assert alert.annotations == {"summary": "lab has 35"}


def test_a_gap_while_pending_starts_the_wait_again() -> None:
    alerts = states()
    alerts.update(hot(), 1000)
    alerts.update([], 2000)
    alerts.update(hot(), 2500)
    alerts.update(hot(), 4000)
    assert [alert.state for alert in alerts.active()] == ["pending"]


def test_a_resolved_alert_is_told_at_once_repeated_and_forgotten_after_a_quarter_of_an_hour() -> None:
    alerts = states()
    alerts.update(hot(), 1000)
    alerts.update(hot(), 3000)
    alerts.all()[0].sent_at_ms = 3000
    alerts.update([], 4000)
    alert = alerts.all()[0]
    assert alerts.active() == []
    assert alert.resolved_at_ms == 4000
    assert alert.is_due(4000, 60_000)
    alert.sent_at_ms = 4000
    assert not alert.is_due(5000, 60_000)
    assert alert.is_due(64_000, 60_000)
    alerts.update([], 4000 + 15 * 60_000 + 1)
    assert alerts.all() == []


def test_an_alert_that_is_kept_firing_resolves_only_after_that_time() -> None:
    alerts = states(keep="5s")
    alerts.update(hot(), 0)
    alerts.update(hot(), 2000)
    alerts.update([], 3000)
    alerts.update([], 7000)
    assert [alert.state for alert in alerts.active()] == ["firing"]
    alerts.update([], 8000)
    assert alerts.active() == []


def test_two_elements_that_become_one_alert_are_an_error_and_change_nothing() -> None:
    alerts = states()
    alerts.update(hot(), 1000)
    twins = [*hot(), Sample(from_mapping({"__name__": "other", "room": "lab"}), 1.0, 0)]
    with pytest.raises(QueryFailed, match="same labelset"):
        alerts.update(twins, 2000)
    assert [alert.active_at_ms for alert in alerts.active()] == [1000]


def test_a_group_writes_records_and_alerts_as_series_that_end_when_they_vanish() -> None:
    storage = Storage(10**12)
    text = RULE.format(keep="0s") + "      - {record: 'room:hot', expr: 'temperature > 30', labels: {by: us}}\n"
    group = GroupState(
        parse_rules(text, "rules.yml")[0],
        storage,
        external_labels={},
        external_url="",
        lookback_ms=300_000,
        step_ms=1000,
    )
    temperature = storage.series(from_mapping({"__name__": "temperature", "room": "lab"}))
    recorded = storage.series(from_mapping({"__name__": "room:hot", "room": "lab", "by": "us"}))
    temperature.append(1000, 40)
    group.evaluate(1000)
    assert recorded.latest(1000, 300_000) == (1000, 40.0)
    temperature.append(2000, 20)
    group.evaluate(2000)
    assert recorded.latest(2001, 300_000) is None
    assert {rule.health for rule in group.rules} == {"ok"}


async def test_a_receiver_gets_the_newest_state_of_an_alert_and_a_firing_one_ends_in_the_future() -> None:
    alerts = states()
    alerts.update(hot(), 1000)
    alerts.update(hot(), 3000)
    alert = alerts.all()[0]
    told = payload(alerts.rule, alert, 3000, valid_ms=240_000, external_labels={"drill": "d"}, external_url="http://m")
    assert told["startsAt"] == "1970-01-01T00:00:03.000Z"
    assert told["endsAt"] == "1970-01-01T00:04:03.000Z"
    assert told["labels"]["drill"] == "d"
    assert told["generatorURL"] == "http://m/graph?g0.expr=temperature+%3E+30&g0.tab=1"
    notifier = Notifier([Alertmanager(("http://a",), 1000, Connection())])
    notifier.push({(alert.labels, 3000): told})
    notifier.push({(alert.labels, 3000): {**told, "endsAt": "later"}})
    assert [item["endsAt"] for item in notifier.receivers[0].pending.values()] == ["later"]


BAD_RULES = {
    "expr: rate(x)": r"rules.yml:5: field 'groups\[0\].rules\[0\].expr': alert 'A': .*expected type matrix",
    "expr: holt_winters(x[5m], 0.1, 0.1)": "rules.yml:5: .*holt_winters",
    "expr: sort_by_label(x)": "rules.yml:5: .*sort_by_label",
    "expr: limitk(2, x)": "the aggregation limitk is not supported",
    "expr: x[5m]": "gives a matrix; a rule needs an instant vector",
    "expr: x + fill(0) y": r"fill\(\) is not supported",
    "expr: 'x{a=~\"(?=b)\"}'": "rules.yml:5: ",
    "exp: x": "'groups\\[0\\].rules\\[0\\].exp': is not known here; did you mean 'expr'",
    "expr: x\n        for: soon": "rules.yml:6: .*'soon' is not a duration; write it as",
    "expr: x\n        annotations: {a: '{{ query `up` }}'}": "rules.yml:6: .*the template functions known are",
    "expr: x\n        annotations: {a: '{{ $labels.a'}": "without its '}}'",
    "expr: x\n        labels: {a-b: c}": "'a-b' cannot be a label's name",
    "expr: x\n        record: y": "must have either 'alert' or 'record'",
}


@pytest.mark.parametrize("body", BAD_RULES)
def test_what_is_wrong_in_a_rule_file_is_one_line_with_file_line_and_field(body: str) -> None:
    text = f"groups:\n  - name: g\n    rules:\n      - alert: A\n        {body}\n"
    with pytest.raises(BadRules, match=BAD_RULES[body]) as caught:
        parse_rules(text, "rules.yml")
    assert "\n" not in str(caught.value)
