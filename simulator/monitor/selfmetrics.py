"""What the monitor exposes about itself, so that a blind or a late monitor can be told from a quiet one."""

from simulator.monitor.engine import Engine
from simulator.monitor.labels import from_mapping, show
from simulator.monitor.numbers import plain
from simulator.monitor.scrape import health_of

Point = tuple[dict[str, str], float]


def exposition(engine: Engine) -> str:
    """The page at /metrics. Times in seconds."""
    beat, receivers = engine.beat, engine.notifier.receivers
    entries = [entry for pool in engine.pools for entry in pool.active.values()]
    families: list[tuple[str, str, str, list[Point]]] = [
        (
            "gameday_monitor_schedule_lag_seconds",
            "gauge",
            "How late the last round began.",
            [({}, beat.last_lag_s)],
        ),
        (
            "gameday_monitor_schedule_lag_worst_seconds",
            "gauge",
            "How late the latest of all rounds began.",
            [({}, beat.worst_lag_s)],
        ),
        ("gameday_monitor_rounds_total", "counter", "Rounds begun.", [({}, beat.rounds)]),
        ("gameday_monitor_rounds_missed_total", "counter", "Rounds left out.", [({}, beat.missed)]),
        (
            "gameday_monitor_targets",
            "gauge",
            "Targets by health.",
            [({"health": health}, count) for health, count in health_of(engine.pools).items()],
        ),
        (
            "gameday_monitor_target_scrapes_missed_total",
            "counter",
            "Scrapes that could not begin in time.",
            [(dict(entry.target.labels), entry.missed) for entry in entries],
        ),
        (
            "gameday_monitor_target_scrape_duration_seconds",
            "gauge",
            "How long the last scrape took.",
            [(dict(entry.target.labels), entry.duration_s) for entry in entries],
        ),
        (
            "prometheus_rule_group_last_duration_seconds",
            "gauge",
            "How long the last evaluation of the group took.",
            [({"rule_group": _group(g.group.file, g.group.name)}, g.duration_s) for g in engine.groups],
        ),
        (
            "prometheus_rule_group_iterations_total",
            "counter",
            "Evaluations that were due, whether done or left out.",
            [({"rule_group": _group(g.group.file, g.group.name)}, g.evaluated + g.missed) for g in engine.groups],
        ),
        (
            "prometheus_rule_group_iterations_missed_total",
            "counter",
            "Evaluations left out.",
            [({"rule_group": _group(g.group.file, g.group.name)}, g.missed) for g in engine.groups],
        ),
        (
            "prometheus_rule_group_rules",
            "gauge",
            "Rules in the group.",
            [({"rule_group": _group(g.group.file, g.group.name)}, len(g.rules)) for g in engine.groups],
        ),
        (
            "prometheus_notifications_sent_total",
            "counter",
            "Alerts taken by a receiver.",
            [({"alertmanager": r.url}, r.sent) for r in receivers],
        ),
        (
            "prometheus_notifications_errors_total",
            "counter",
            "Alerts that a receiver did not take.",
            [({"alertmanager": r.url}, r.errors) for r in receivers],
        ),
        (
            "prometheus_notifications_queue_length",
            "gauge",
            "Alerts yet to be taken.",
            [({"alertmanager": r.url}, len(r.pending)) for r in receivers],
        ),
        ("prometheus_tsdb_head_series", "gauge", "Series in memory.", [({}, len(engine.storage))]),
    ]
    lines: list[str] = []
    for name, kind, meaning, points in families:
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
        for labels, value in points:
            lines.append(f"{name}{_braces(labels)} {plain(float(value))}")
    return "\n".join(lines) + "\n"


def _group(file: str, name: str) -> str:
    return f"{file};{name}"


def _braces(labels: dict[str, str]) -> str:
    return show(from_mapping(labels)) if labels else ""
