"""What the HTTP API answers, in Prometheus' shapes. Pure: from the monitor's values to plain JSON values."""

from collections.abc import Mapping
from typing import Any

from simulator.monitor.alerts import Alert, AlertStates
from simulator.monitor.durations import format_duration
from simulator.monitor.groups import GroupState, RuleState
from simulator.monitor.labels import Labels
from simulator.monitor.notify import timestamp
from simulator.monitor.numbers import plain, scientific
from simulator.monitor.promql.evaluate import Answer, Row
from simulator.monitor.promql.functions import Sample
from simulator.monitor.rules import AlertRule
from simulator.monitor.scrape import ActiveTarget, Pool

Json = dict[str, Any]


def instant_result(answer: Answer, kind: str, at_ms: int) -> Json:
    """`data` of /api/v1/query."""
    at_s = _seconds(at_ms)
    if isinstance(answer, str):
        return {"resultType": "string", "result": [at_s, answer]}
    if isinstance(answer, float | int):
        return {"resultType": "scalar", "result": [at_s, plain(answer)]}
    results: list[Json] = []
    for item in answer:
        if isinstance(item, Sample):
            results.append({"metric": dict(item.labels), "value": [at_s, plain(item.value)]})
        elif isinstance(item, Row):
            pairs = zip(item.samples.at_ms, item.samples.values, strict=True)
            values = [[_seconds(when), plain(value)] for when, value in pairs]
            results.append({"metric": dict(item.labels), "values": values})
    return {"resultType": kind, "result": results}


def range_result(found: Mapping[Labels, tuple[list[int], list[float]]]) -> Json:
    """`data` of /api/v1/query_range."""
    return {
        "resultType": "matrix",
        "result": [
            {
                "metric": dict(labels),
                "values": [[_seconds(at), plain(value)] for at, value in zip(instants, values, strict=True)],
            }
            for labels, (instants, values) in sorted(found.items())
        ],
    }


def alert_shape(alert: Alert) -> Json:
    shape = {
        "labels": dict(alert.labels),
        "annotations": alert.annotations,
        "state": alert.state,
        "activeAt": timestamp(alert.active_at_ms),
        "value": scientific(alert.value),
    }
    if alert.keep_firing_since_ms is not None:
        shape["keepFiringSince"] = timestamp(alert.keep_firing_since_ms)
    return shape


def group_shape(group: GroupState, kind: str) -> Json:
    """`kind` is "alert", "record" or "" for both."""
    chosen = [state for state in group.rules if not kind or isinstance(state.rule, AlertRule) is (kind == "alert")]
    return {
        "name": group.group.name,
        "file": group.group.file,
        "rules": [_rule(state) for state in chosen],
        "interval": group.group.interval_ms / 1000,
        "limit": group.group.limit,
        "evaluationTime": group.duration_s,
        "lastEvaluation": timestamp(group.at_ms),
    }


def _rule(state: RuleState) -> Json:
    rule = state.rule
    shape: Json = {
        "name": rule.name,
        "query": rule.query,
        "labels": rule.labels,
        "health": state.health,
        "evaluationTime": state.duration_s,
        "lastEvaluation": timestamp(state.at_ms),
        "type": "recording",
    }
    if state.error:
        shape["lastError"] = state.error
    if isinstance(rule, AlertRule) and state.alerts is not None:
        shape |= {
            "state": _worst(state.alerts),
            "duration": rule.for_ms / 1000,
            "keepFiringFor": rule.keep_firing_for_ms / 1000,
            "annotations": rule.annotations,
            "alerts": [alert_shape(alert) for alert in state.alerts.active()],
            "type": "alerting",
        }
    return shape


def _worst(alerts: AlertStates) -> str:
    states = {alert.state for alert in alerts.active()}
    return next((state for state in ("firing", "pending") if state in states), "inactive")


def target_shape(pool: Pool, entry: ActiveTarget) -> Json:
    return {
        "discoveredLabels": dict(entry.target.discovered),
        "labels": dict(entry.target.labels),
        "scrapePool": entry.target.job,
        "scrapeUrl": entry.target.url,
        "globalUrl": entry.target.url,
        "lastError": entry.error,
        "lastScrape": timestamp(entry.scraped_at_ms),
        "lastScrapeDuration": entry.duration_s,
        "health": entry.health,
        "scrapeInterval": format_duration(pool.job.interval_ms),
        "scrapeTimeout": format_duration(pool.job.timeout_ms),
    }


def _seconds(at_ms: int) -> int | float:
    return at_ms // 1000 if at_ms % 1000 == 0 else at_ms / 1000
