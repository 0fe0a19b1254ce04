"""The life of an alert: pending, firing after its `for`, resolved; one state per label set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simulator.monitor.errors import QueryFailed
from simulator.monitor.labels import NAME, Labels, from_mapping
from simulator.monitor.promql.functions import Vector
from simulator.monitor.rules import AlertRule
from simulator.monitor.templates import Facts

RESOLVED_KEPT_MS = 15 * 60_000
"""How long a resolved alert is repeated to the receivers, in wall milliseconds (Prometheus `rules/alerting.go`)."""

State = Literal["pending", "firing", "inactive"]


@dataclass(slots=True)
class Alert:
    """All instants are evaluation timestamps in milliseconds since the epoch; None: not yet."""

    labels: Labels
    annotations: dict[str, str]
    value: float
    active_at_ms: int
    state: State = "pending"
    fired_at_ms: int | None = None
    resolved_at_ms: int | None = None
    keep_firing_since_ms: int | None = None
    sent_at_ms: int | None = None

    def is_due(self, at_ms: int, resend_ms: int) -> bool:
        """Whether the receivers must be told: at once when it changed, else every `resend_ms`."""
        if self.state == "pending":
            return False
        if self.sent_at_ms is None:
            return True
        if self.resolved_at_ms is not None and self.resolved_at_ms > self.sent_at_ms:
            return True
        return self.sent_at_ms + resend_ms <= at_ms


class AlertStates:
    """The alerts of one rule.

    Parameters:
        external_labels: for the templates
        external_url: for the templates
    """

    def __init__(self, rule: AlertRule, external_labels: Mapping[str, str], external_url: str) -> None:
        self.rule = rule
        self._external_labels = external_labels
        self._external_url = external_url
        self._alerts: dict[Labels, Alert] = {}

    def active(self) -> list[Alert]:
        """Those that are pending or firing."""
        return [alert for alert in self._alerts.values() if alert.state != "inactive"]

    def all(self) -> list[Alert]:
        """Also those that resolved lately."""
        return list(self._alerts.values())

    def update(self, found: Vector, at_ms: int) -> None:
        """Takes what the expression gave at `at_ms`.

        Raises QueryFailed if two elements become the same alert; the states are then left as they were.
        """
        seen: dict[Labels, Alert] = {}
        for sample in found:
            alert = self._alert(dict(sample.labels), sample.value, at_ms)
            if alert.labels in seen:
                raise QueryFailed("vector contains metrics with the same labelset after applying alert labels")
            seen[alert.labels] = alert
        for labels, alert in seen.items():
            known = self._alerts.get(labels)
            if known is None or known.state == "inactive":
                self._alerts[labels] = alert
            else:
                known.value, known.annotations = alert.value, alert.annotations
        for labels, alert in list(self._alerts.items()):
            self._advance(labels, alert, at_ms, is_seen=labels in seen)

    def _advance(self, labels: Labels, alert: Alert, at_ms: int, *, is_seen: bool) -> None:
        if is_seen:
            alert.keep_firing_since_ms = None
        elif not self._is_kept_firing(alert, at_ms):
            resolved = alert.resolved_at_ms
            if alert.state == "pending" or (resolved is not None and at_ms - resolved > RESOLVED_KEPT_MS):
                del self._alerts[labels]
            elif alert.state == "firing":
                alert.state, alert.resolved_at_ms = "inactive", at_ms
            return
        if alert.state == "pending" and at_ms - alert.active_at_ms >= self.rule.for_ms:
            alert.state, alert.fired_at_ms = "firing", at_ms

    def _is_kept_firing(self, alert: Alert, at_ms: int) -> bool:
        if alert.state != "firing" or not self.rule.keep_firing_for_ms:
            return False
        if alert.keep_firing_since_ms is None:
            alert.keep_firing_since_ms = at_ms
        return at_ms - alert.keep_firing_since_ms < self.rule.keep_firing_for_ms

    def _alert(self, labels: dict[str, str], value: float, at_ms: int) -> Alert:
        labels.pop(NAME, None)
        facts = Facts(dict(labels), value, self._external_labels, self._external_url)
        for name, template in self.rule.label_templates.items():
            labels[name] = template(facts)
        labels["alertname"] = self.rule.name
        annotations = {name: fill(facts) for name, fill in self.rule.annotation_templates.items()}
        return Alert(from_mapping(labels), annotations, value, at_ms)
