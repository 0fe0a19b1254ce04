"""Evaluating rule groups: answers become series and alerts."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.errors import GamedayError
from simulator.monitor.alerts import Alert, AlertStates
from simulator.monitor.errors import QueryFailed
from simulator.monitor.labels import NAME, Labels, from_mapping
from simulator.monitor.promql.evaluate import Moment, evaluate
from simulator.monitor.promql.functions import Sample, Vector
from simulator.monitor.promql.plan import Plan
from simulator.monitor.rules import AlertRule, RecordRule, RuleGroup
from simulator.monitor.storage import Series, Storage

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RuleState:
    """One rule with what its last evaluation said. `duration_s` in seconds, `at_ms` since the epoch."""

    rule: AlertRule | RecordRule
    alerts: AlertStates | None
    health: str = "unknown"
    error: str = ""
    at_ms: int = 0
    duration_s: float = 0.0
    written: dict[Labels, Series] = field(default_factory=dict, repr=False)


class GroupState:
    """A rule group at work.

    Parameters:
        lookback_ms: how old the newest sample of a series may be
        step_ms: the default resolution of subqueries
    """

    def __init__(
        self,
        group: RuleGroup,
        storage: Storage,
        *,
        external_labels: Mapping[str, str],
        external_url: str,
        lookback_ms: int,
        step_ms: int,
    ) -> None:
        self.group = group
        self.rules = [
            RuleState(
                rule,
                AlertStates(rule, external_labels, external_url) if isinstance(rule, AlertRule) else None,
            )
            for rule in group.rules
        ]
        self.at_ms = 0
        self.duration_s = 0.0
        self.evaluated = 0
        self.missed = 0
        self._storage = storage
        self._lookback_ms = lookback_ms
        self._step_ms = step_ms

    def take_over(self, before: "GroupState") -> None:
        """Goes on where another state of this group stopped: rules that are the same keep what they know."""
        self.evaluated, self.missed = before.evaluated, before.missed
        known = {_identity(state.rule): state for state in before.rules}
        for state in self.rules:
            old = known.get(_identity(state.rule))
            if old is not None:
                state.alerts, state.written = old.alerts, old.written

    def evaluate(self, at_ms: int) -> None:
        """Evaluates the rules in order as of `at_ms`. A rule that fails says so and keeps its state."""
        began = time.perf_counter()
        for state in self.rules:
            start = time.perf_counter()
            try:
                self._evaluate_rule(state, at_ms)
                state.health, state.error = "ok", ""
            except GamedayError as error:
                if state.error != str(error):
                    log.warning("rule %s of group %s: %s", state.rule.name, self.group.name, error)
                state.health, state.error = "err", str(error)
            state.at_ms, state.duration_s = at_ms, time.perf_counter() - start
        self.at_ms, self.duration_s = at_ms, time.perf_counter() - began
        self.evaluated += 1

    def due_alerts(self, at_ms: int, resend_ms: int) -> list[tuple[AlertRule, Alert]]:
        """The alerts that receivers must be told about now; they count as told."""
        due = []
        for states in (state.alerts for state in self.rules if state.alerts is not None):
            for alert in states.all():
                if alert.is_due(at_ms, resend_ms):
                    alert.sent_at_ms = at_ms
                    due.append((states.rule, alert))
        return due

    def _evaluate_rule(self, state: RuleState, at_ms: int) -> None:
        moment = Moment.instant(self._storage, at_ms, lookback_ms=self._lookback_ms, step_ms=self._step_ms)
        found = _vector(state.rule.plan, moment)
        if self.group.limit and len(found) > self.group.limit:
            raise QueryFailed(f"gave {len(found)} elements; the group's limit is {self.group.limit}")
        if state.alerts is not None:
            state.alerts.update(found, at_ms)
            self._write(state, _alert_series(state.alerts), at_ms)
            return
        samples: dict[Labels, float] = {}
        for sample in found:
            labels = from_mapping({**dict(sample.labels), **state.rule.labels, NAME: state.rule.name})
            if labels in samples:
                raise QueryFailed("vector contains metrics with the same labelset after applying rule labels")
            samples[labels] = sample.value
        self._write(state, samples, at_ms)

    def _write(self, state: RuleState, samples: Mapping[Labels, float], at_ms: int) -> None:
        before, state.written = state.written, {}
        for labels, value in samples.items():
            series = state.written[labels] = self._storage.series(labels)
            series.append(at_ms, value)
        for labels, series in before.items():
            if labels not in state.written:
                series.end(at_ms)


def _identity(rule: AlertRule | RecordRule) -> tuple[object, ...]:
    waits_ms = (rule.for_ms, rule.keep_firing_for_ms) if isinstance(rule, AlertRule) else ()
    return type(rule), rule.name, rule.query, waits_ms, tuple(sorted(rule.labels.items()))


def _vector(plan: Plan, moment: Moment) -> Vector:
    answer = evaluate(plan, moment)
    if isinstance(answer, float | int):
        return [Sample((), float(answer), moment.at_ms)]
    if isinstance(answer, str):
        raise QueryFailed("a rule needs an instant vector, not a text")
    return [sample for sample in answer if isinstance(sample, Sample)]


def _alert_series(alerts: AlertStates) -> dict[Labels, float]:
    """`ALERTS` and `ALERTS_FOR_STATE`, as Prometheus writes them."""
    samples: dict[Labels, float] = {}
    for alert in alerts.active():
        labels = dict(alert.labels)
        samples[from_mapping({**labels, NAME: "ALERTS", "alertstate": alert.state})] = 1.0
        samples[from_mapping({**labels, NAME: "ALERTS_FOR_STATE"})] = alert.active_at_ms // 1000
    return samples
