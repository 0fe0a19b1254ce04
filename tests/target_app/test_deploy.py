"""The manifests and rules: they render, and they speak of what is there."""

import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from simulator.load.sample.accounts import RESEARCHERS, sign_in_body
from target_app.api.settings import read_settings
from target_app.auth.settings import read_auth_settings
from target_app.jobs.metrics import WorkerMetrics
from target_app.maintenance.metrics import MaintenanceMetrics
from target_app.releases import RELEASES

pytestmark = pytest.mark.parts

DEPLOY = Path(__file__).parents[2] / "target_app" / "deploy"
RULES = sorted((DEPLOY / "monitoring" / "rules").glob("*.yaml"))
# From kube-state-metrics, from the load generator, and from Prometheus itself.
ELSEWHERE = re.compile(r"(container_cpu_|kube_|locust_)\w+|up")


def _render(variant: str) -> dict[tuple[str, str], dict]:
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run([kubectl, "kustomize", DEPLOY / variant], capture_output=True, text=True, check=True)
    return {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(done.stdout)}


@pytest.fixture(scope="module")
def base():
    return _render("base")


def test_everything_is_in_its_namespace_and_services_come_before_their_users(base):
    kinds = [kind for kind, _ in base]
    assert kinds[0] == "Namespace"
    first = min(kinds.index(kind) for kind in ("Deployment", "StatefulSet") if kind in kinds)
    assert set(kinds[first:]) <= {"Deployment", "StatefulSet"}
    assert {o["metadata"].get("namespace", "llm-research") for o in base.values()} == {"llm-research"}


def test_the_gradual_variant_differs_in_its_strategy_alone(base):
    gradual = _render("gradual")
    spec = gradual["Deployment", "llm-research-api"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    spec["strategy"] = base["Deployment", "llm-research-api"]["spec"]["strategy"]
    assert gradual == base


def test_the_kind_variant_renders(base):
    assert set(_render("kind")) == set(base)


def test_the_settings_in_the_manifests_are_good_ones(base):
    container = base["Deployment", "llm-research-api"]["spec"]["template"]["spec"]["containers"][0]
    env = dict(base["ConfigMap", "llm-research-config"]["data"])
    env.update({e["name"]: e["value"].replace("$(", "").replace(")", "") for e in container["env"] if "value" in e})
    env = {name: re.sub(r":\w+_PORT\b", ":8090", value) for name, value in env.items()}
    settings = read_settings({**env, "JWT_SECRET": "s" * 32})
    assert (settings.database.pool_size, settings.upstream.provider.name) == (5, "openai")


def test_the_users_of_the_manifests_are_those_of_the_load(base):
    users = read_auth_settings(
        {"JWT_SECRET": "s" * 32, "AUTH_USERS": b64decode(base["Secret", "auth-users"]["data"]["AUTH_USERS"]).decode()}
    ).users
    assert set(users) == set(RESEARCHERS)
    for body in map(sign_in_body, range(len(RESEARCHERS))):
        assert users[body["user"]].fits(body["password"])


def test_every_pod_that_asks_to_be_scraped_says_where(base):
    templates = [o["spec"]["template"] for (kind, _), o in base.items() if kind == "Deployment"]
    asking = [t for t in templates if t["metadata"].get("annotations", {}).get("prometheus.io/scrape") == "true"]
    assert asking
    for template in asking:
        port = int(template["metadata"]["annotations"]["prometheus.io/port"])
        assert port in [p["containerPort"] for p in template["spec"]["containers"][0]["ports"]]


def test_rules_ask_for_metrics_that_the_app_shows(app, auth):
    texts = [httpx.get(part.url + "/metrics").text for part in (app, auth)]
    shown = {name for text in texts for name in re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)}
    registry = CollectorRegistry()
    MaintenanceMetrics(registry)
    WorkerMetrics(registry)
    shown |= set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.MULTILINE))
    shown |= {f"{name}_bucket" for name in shown}
    for path in RULES:
        for rule in _rules(path):
            asked = set(re.findall(r"\b(up|[a-z]+(?:_[a-z]+)+)(?=[{\[\s)])", rule["expr"]))
            asked -= {"histogram_quantile", "label_replace", "group_left", "group_right"}
            asked -= set(re.findall(r"\b(\w+_over_time)\(", rule["expr"]))
            assert asked, rule["alert"]
            assert {name for name in asked if not ELSEWHERE.fullmatch(name)} <= shown, rule["alert"]


def test_every_alert_names_its_severity_and_what_it_means():
    for path in RULES:
        for rule in _rules(path):
            assert rule["labels"]["severity"] in ("critical", "warning")
            assert ("component" in rule["labels"]) >= ("runbook_url" in rule["annotations"])
            assert {"summary", "description"} <= set(rule["annotations"])


def test_a_runbook_is_named_by_an_alert_of_the_failure_mode_that_it_is_for():
    for path in RULES:
        for rule in _rules(path):
            url = rule["annotations"].get("runbook_url")
            if url is not None:
                assert (DEPLOY.parents[1] / url).is_file(), rule["alert"]
                assert path.stem == Path(url).parent.name, rule["alert"]


def test_every_release_has_an_image_and_every_image_a_release():
    images = yaml.safe_load((DEPLOY / "images.yaml").read_text())["images"]
    tags = {name.partition(":")[2]: image for name, image in images.items() if name.startswith("gameday/target-app:")}
    assert set(tags) == set(RELEASES)
    assert all(image["env"] == {"APP_VERSION": tag} for tag, image in tags.items())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_promtool_accepts_the_rules():
    subprocess.run(["promtool", "check", "rules", *RULES], check=True)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_promtool_passes_the_rules_tests():
    tests = sorted((DEPLOY / "monitoring" / "tests").glob("*.yaml"))
    subprocess.run(["promtool", "test", "rules", *tests], check=True)


def _rules(path: Path) -> list[dict]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]
