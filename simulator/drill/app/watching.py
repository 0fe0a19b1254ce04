"""Rules and scrape configuration for an app: its own, and the shipped ones filled in with its names."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from simulator.drill.target import Target
from simulator.monitor.rescale import alert_for_s, alert_names
from simulator.monitor.rules import AlertRule, parse_rules

_SHIPPED = files("simulator.drill.app") / "shipped"
SHIPPED_RULES = "gameday-shipped.yaml"


def rule_texts(target: Target) -> dict[str, str]:
    """Every rule file by the name that it is written under."""
    texts: dict[str, str] = {}
    for number, path in enumerate(target.rules):
        name = path.name if path.name not in texts else f"{number}-{path.name}"
        texts[name] = path.read_text(encoding="utf-8")
    if target.has_shipped_rules:
        texts[SHIPPED_RULES] = _filled((_SHIPPED / "rules.yaml").read_text(encoding="utf-8"), target)
    return texts


def rule_files(target: Target) -> tuple[Path, ...]:
    """The files themselves; the shipped one as it is before names are filled in, which moves no line."""
    return (*target.rules, *([Path(str(_SHIPPED / "rules.yaml"))] if target.has_shipped_rules else []))


def known_alerts(target: Target) -> list[str]:
    """Names of all alerts that the target's rules know."""
    return [name for text in rule_texts(target).values() for name in alert_names(text)]


def runbook_addresses(target: Target) -> list[str]:
    """Each `runbook_url` of the target's alert rules, as it is written there, once."""
    groups = [group for name, text in rule_texts(target).items() for group in parse_rules(text, name)]
    alerts = [rule for group in groups for rule in group.rules if isinstance(rule, AlertRule)]
    return list(dict.fromkeys(filter(None, (alert.annotations.get("runbook_url") for alert in alerts))))


def for_s(target: Target) -> dict[str, float]:
    """Each alert's own `for` in drill seconds; the longest where several rules share the name."""
    found: dict[str, float] = {}
    for text in rule_texts(target).values():
        for name, seconds in alert_for_s(text):
            found[name] = max(seconds, found.get(name, 0.0))
    return found


def longest_for(target: Target) -> float:
    """The longest `for` of the target's rules, in drill seconds."""
    return max(for_s(target).values(), default=0.0)


def scrape_config(target: Target) -> dict[str, Any]:
    """The target's prometheus.yml, or the shipped one with a job for its metrics."""
    metrics = target.metrics
    if metrics is not None and metrics.prometheus is not None:
        own: dict[str, Any] = yaml.safe_load(metrics.prometheus.read_text(encoding="utf-8"))
        return own
    config: dict[str, Any] = yaml.safe_load(_filled((_SHIPPED / "prometheus.yml").read_text(encoding="utf-8"), target))
    if metrics is not None and metrics.kube_state_metrics is not None:
        (exporter,) = (job for job in config["scrape_configs"] if job["job_name"] == "kube-state-metrics")
        exporter["static_configs"] = [{"targets": [metrics.kube_state_metrics]}]
    if metrics is not None and metrics.port is not None:
        config["scrape_configs"].insert(0, _app_job(target, metrics.path, metrics.port))
    return config


def _app_job(target: Target, path: str, port: int) -> dict[str, Any]:
    """Every running pod that users reach, at one port."""
    kept = [_keep("phase", "Running")]
    for term in target.selector.split(","):
        key, _, value = term.partition("=")
        kept.append(_keep(f"label_{_label_name(key)}", value))
    return {
        "job_name": "app",
        "metrics_path": path,
        "kubernetes_sd_configs": [
            {"role": "pod", "kubeconfig_file": "kubeconfig", "namespaces": {"names": [target.namespace]}}
        ],
        "relabel_configs": [
            *kept,
            {
                "source_labels": ["__meta_kubernetes_pod_ip"],
                "regex": "(.+)",
                "replacement": f"$1:{port}",
                "target_label": "__address__",
            },
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
            {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "node"},
            {"target_label": "app", "replacement": target.name},
        ],
    }


def _keep(what: str, value: str) -> dict[str, Any]:
    return {"source_labels": [f"__meta_kubernetes_pod_{what}"], "regex": value, "action": "keep"}


def _label_name(key: str) -> str:
    """As Prometheus writes a Kubernetes label."""
    return "".join(sign if sign.isalnum() else "_" for sign in key)


def _filled(text: str, target: Target) -> str:
    return text.replace("MY_NAMESPACE", target.namespace).replace("MY_DEPLOYMENT", target.deployment)
