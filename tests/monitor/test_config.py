"""prometheus.yml: what is honoured, and what is refused in one line."""

from pathlib import Path

import pytest

from simulator.monitor.config import load_config
from simulator.monitor.errors import BadConfig
from simulator.monitor.kubernetes_labels import endpoints_targets, pod_targets
from simulator.monitor.targets import Dropped, Target, static_labels, targets_of

POD_CONFIG = """\
global: {scrape_interval: 250ms, external_labels: {cluster: c}}
scrape_configs:
  - job_name: pods
    kubernetes_sd_configs: [{role: pod, kubeconfig_file: kubeconfig, namespaces: {names: [ns]}}]
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], action: keep, regex: "true"}
      - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: '([^:]+)(?::\\d+)?;(\\d+)'
        replacement: $1:$2
        target_label: __address__
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path]
        regex: (.+)
        target_label: __metrics_path__
      - {action: labelmap, regex: __meta_kubernetes_pod_label_(.+)}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
"""


def pod(name: str, ip: str, annotations: dict[str, str]) -> dict[str, object]:
    return {
        "metadata": {
            "name": name,
            "namespace": "ns",
            "labels": {"app": "api", "app.io/part": "x"},
            "annotations": annotations,
        },
        "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"podIP": ip, "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def test_annotated_pods_become_targets_by_the_usual_relabelling(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("")
    (tmp_path / "prometheus.yml").write_text(POD_CONFIG)
    job = load_config(tmp_path / "prometheus.yml").jobs[0]
    wanted = {"prometheus.io/scrape": "true", "prometheus.io/port": "9", "prometheus.io/path": "/m"}
    pods = {"ns/a": pod("a", "10.0.0.1", wanted), "ns/b": pod("b", "10.0.0.2", {}), "ns/c": pod("c", "", wanted)}
    found = list(targets_of(job, pod_targets(pods)))
    kept = [target for target in found if isinstance(target, Target)]
    assert [target.url for target in kept] == ["http://10.0.0.1:9/m"]
    assert dict(kept[0].labels) == {
        "job": "pods", "instance": "10.0.0.1:9", "pod": "a", "app": "api", "app_io_part": "x",
    }  # fmt: skip
    assert len([target for target in found if isinstance(target, Dropped)]) == 1


def test_endpoints_carry_the_labels_of_their_service_and_their_pods() -> None:
    service = {"metadata": {"name": "api", "namespace": "ns", "labels": {"tier": "web"}}}
    address = {"ip": "10.0.0.1", "targetRef": {"kind": "Pod", "name": "a", "namespace": "ns"}}
    endpoints = {
        "metadata": {"name": "api", "namespace": "ns"},
        "subsets": [{"addresses": [address], "ports": [{"name": "http", "port": 8080}]}],
    }
    (found,) = endpoints_targets({"ns/api": endpoints}, {"ns/api": service}, {"ns/a": pod("a", "10.0.0.1", {})})
    prefix = "__meta_kubernetes_"
    assert found["__address__"] == "10.0.0.1:8080"
    assert found[f"{prefix}service_label_tier"] == "web"
    assert found[f"{prefix}pod_name"] == "a"
    assert found[f"{prefix}pod_container_port_name"] == "http"
    assert found[f"{prefix}endpoint_ready"] == "true"


def test_static_targets_take_the_jobs_path_scheme_and_parameters(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("groups: []\n")
    (tmp_path / "p.yml").write_text(
        "rule_files: ['*.yml', r.yml]\nscrape_configs:\n  - job_name: j\n    metrics_path: /x\n    scheme: https\n"
        "    params: {a: [b c]}\n    static_configs: [{targets: ['h:1', 'h:1'], labels: {env: e}}]\n"
    )
    config = load_config(tmp_path / "p.yml")
    job = config.jobs[0]
    (target,) = targets_of(job, static_labels(job))
    assert isinstance(target, Target)
    assert target.url == "https://h:1/x?a=b+c"
    assert dict(target.labels) == {"job": "j", "env": "e", "instance": "h:1"}
    assert [path.name for path in config.rule_files] == ["p.yml", "r.yml"]


BAD = {
    "scrape_config: []": "p.yml:1: field 'scrape_config': is not known here; did you mean 'scrape_configs'",
    "global: {scrape_interval: 1 minute}": "p.yml:1: field 'global.scrape_interval': '1 minute' is not a duration",
    "global:\n  scrape_interval: 1s\n  scrape_timeout: 2s": "p.yml:3: .*longer than the scrape interval",
    "rule_files: [nowhere.yml]": r"field 'rule_files\[0\]': there is no file nowhere.yml",
    "scrape_configs: [{job_name: a}, {job_name: a}]": "another job named 'a'",
    "scrape_configs: [{static_configs: []}]": "has no job_name",
    "scrape_configs: [{job_name: a, consul_sd_configs: []}]": "'scrape_configs.0..consul_sd_configs': is not known",
    "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: ingress, kubeconfig_file: p.yml}]}]": "'ingress' is",
    "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod, kubeconfig_file: no}]}]": "there is no file",
    "scrape_configs: [{job_name: a, relabel_configs: [{regex: '(', target_label: b}]}]": "does not compile",
    "scrape_configs: [{job_name: a, relabel_configs: [{action: hashmod}]}]": "'hashmod' is not supported",
    "scrape_configs: [{job_name: a, tls_config: {ca_file: p.yml}}]": "tls_config': cannot be used",
    "scrape_configs: [{job_name: a, static_configs: [{targets: ['http://x']}]}]": "is not a host and port",
    "alerting: {alertmanagers: [{api_version: v1}]}": "'v1' is not supported; ",
    "global: [": "p.yml:1: this is not YAML",
    "global: {}\nglobal: {}": "p.yml:2: field 'global': is given twice",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_one_line_with_file_line_field_and_mend(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text(text)
    with pytest.raises(BadConfig, match=BAD[text]) as caught:
        load_config(tmp_path / "p.yml")
    assert "\n" not in str(caught.value)
