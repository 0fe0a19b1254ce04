"""gameday.yaml read: what it says, and every mistake as one line with file, line and mend."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from simulator.drill.app.watching import known_alerts, rule_files, rule_texts, scrape_config
from simulator.drill.matrix import matrix_names
from simulator.drill.plan import Options, plan_experiments
from simulator.drill.target import SAMPLE, find_target, read_target
from simulator.errors import BadInput
from simulator.gate.places import alert_line

ROOT = Path(__file__).parents[3]
SOUND = """\
name: pages
deploy:
  commands:
    - name: web
      run: serve --port $PORT
      port: 8000
      health: /health
load:
  requests:
    - GET /
"""


def written(folder: Path, text: str = SOUND) -> Path:
    (folder / "gameday.yaml").write_text(text)
    return folder / "gameday.yaml"


def test_a_few_lines_are_enough(tmp_path: Path) -> None:
    target = read_target(written(tmp_path))
    assert (target.namespace, target.deployment, target.app.service, target.app.port) == ("pages", "web", "web", 8000)
    assert target.commands[0].run == ("sh", "-c", "exec serve --port $PORT")
    assert target.commands[0].folder == tmp_path
    assert (target.health, target.canary, target.is_sample) == ("/health", None, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: pages", "name: My Pages"), "gameday.yaml:1: 'name': string should match pattern"),
        (
            ("health: /health", "helth: /health"),
            "gameday.yaml:7: 'helth' is no field of 'deploy.commands.0'; did you mean",
        ),
        (("      port: 8000\n", ""), "'port' is missing; add it"),
        (("port: 8000", "port: 800000"), "'deploy.commands.0.port': input should be less than or equal to 65535"),
        (("load:\n  requests:\n    - GET /\n", ""), "'load' is missing; add it"),
        (("  requests:\n    - GET /", "  users: 3"), "give one of locustfile, openapi, har and requests"),
        (("    - GET /", "    - look at /"), "'load.requests.0.method': string should match pattern"),
        (
            ("  requests:\n    - GET /", "  locustfile: users.py"),
            "gameday.yaml:9: load.locustfile: there is no users.py",
        ),
        (("load:", "rules: [alerts]\nload:"), "rules.0: there is no alerts; paths are relative to this file"),
        (("  commands:", "  manifests: here\n  commands:"), "give one of manifests, commands and existing"),
        (
            ("load:", "canary: {sql: SELECT 1, database: DB}\nload:"),
            "canary.database: DB is the variable of no endpoint",
        ),
        (("load:", "breaks: {env: {A: b}, command: [c]}\nload:"), "'breaks': give either env or command"),
        (
            ("load:", "experiments: {all-pod-down: {}}\nload:"),
            "'all-pod-down' is no failure mode; did you mean 'all-pods-d",
        ),
        (("load:", "    - {name: web, run: x, port: 1}\nload:"), "two commands have the same name"),
        (("load:", "breaks: {startup: {imag: x}}\nload:"), "gameday.yaml:8: 'breaks.startup"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_mend(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in SOUND
    with pytest.raises(BadInput) as error:
        read_target(written(tmp_path, SOUND.replace(*change)))
    assert said in str(error.value)
    assert str(error.value).count("\n") == 0


def test_a_locustfile_that_is_no_python_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "users.py").write_text("class User(:\n")
    with pytest.raises(BadInput, match=r"gameday\.yaml:9: .*users\.py: this is no Python"):
        read_target(written(tmp_path, SOUND.replace("  requests:\n    - GET /", "  locustfile: users.py")))


@pytest.mark.parametrize(
    "file", [SAMPLE, *sorted((ROOT / "examples").glob("*/gameday.yaml"))], ids=lambda file: file.parent.name
)
def test_what_is_shipped_can_be_read_and_fits_the_published_schema(file: Path) -> None:
    target = read_target(file)
    assert target.name
    schema = json.loads((ROOT / "simulator" / "drill" / "app" / "gameday.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(file.read_text()), schema)


def test_what_users_reach_has_to_be_said_where_there_are_manifests(tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    with pytest.raises(BadInput, match="'serves' is missing: name the deployment and the port"):
        read_target(written(tmp_path, "name: a\ndeploy: {manifests: k8s}\nload: {requests: [GET /]}\n"))


def test_the_file_that_is_named_comes_before_the_one_in_the_folder_and_that_before_the_sample(tmp_path: Path) -> None:
    assert find_target(None, tmp_path).file == SAMPLE
    own = written(tmp_path)
    assert find_target(None, tmp_path).file == own
    (tmp_path / "other").mkdir()
    other = written(tmp_path / "other", SOUND.replace("name: pages", "name: other"))
    assert find_target(tmp_path / "other", tmp_path).name == find_target(other, tmp_path).name == "other"
    with pytest.raises(BadInput, match=r"--app: .*nowhere.yaml: there is no such file; 'gameday init' writes one"):
        find_target(tmp_path / "nowhere.yaml", tmp_path)


def test_the_sample_is_described_by_such_a_file_and_by_nothing_else(tmp_path: Path) -> None:
    target = find_target(None, tmp_path)
    assert target.is_sample
    assert known_alerts(target) == [alert for path in target.rules for alert in alerts_in(path.read_text())]
    assert read_target(SAMPLE, "gradual").manifests == SAMPLE.parent / "gradual"
    with pytest.raises(BadInput, match="variant 'gradul' is none of llm-research-api; there are: base, gradual"):
        read_target(SAMPLE, "gradul")


def test_a_variant_may_be_any_folder(tmp_path: Path) -> None:
    assert read_target(SAMPLE, str(tmp_path)).manifests == tmp_path


def test_shipped_rules_are_about_the_app_and_know_every_alert_that_experiments_for_any_app_accept(
    tmp_path: Path,
) -> None:
    target = read_target(written(tmp_path))
    (text,) = rule_texts(target).values()
    assert "MY_" not in text
    assert 'namespace="pages", deployment="web"' in text
    for experiment in ("all-pods-down", "image-pull-failure", "crash-loop-bad-config", "startup-probe-failure"):
        plan = plan_experiments([experiment], Options(), tmp_path)
        (drill,) = plan.scenarios
        assert drill.alerts, experiment
        assert set(drill.alerts) <= set(known_alerts(target))


def test_the_line_of_a_shipped_rule_is_its_line_in_the_file(tmp_path: Path) -> None:
    target = read_target(written(tmp_path))
    (text,), (path,) = rule_texts(target).values(), rule_files(target)
    at = alert_line(text, "AllPodsDown")
    assert at is not None
    assert path.read_text().splitlines()[at - 1].strip() == "- alert: AllPodsDown"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_promtool_passes_the_tests_of_the_shipped_rules(tmp_path: Path) -> None:
    (rules,) = rule_files(read_target(written(tmp_path)))
    subprocess.run(["promtool", "test", "rules", rules.parent / "tests" / "rules.yaml"], check=True, timeout=60)


def test_every_shipped_cause_leads_to_a_runbook_of_its_failure_mode(tmp_path: Path) -> None:
    from simulator.drill.catalog import runbook_file
    from simulator.drill.runbook import read_runbook

    (text,) = rule_texts(read_target(written(tmp_path))).values()
    urls = [
        rule["annotations"].get("runbook_url") for group in yaml.safe_load(text)["groups"] for rule in group["rules"]
    ]
    found = [read_runbook(runbook_file(url)) for url in urls if url]
    assert len(found) == 5
    for runbook in found:
        assert all("llm-research" not in block for block in runbook.commands("Mitigate")), runbook.path


def test_metrics_of_pods_are_scraped_at_the_port_that_was_named(tmp_path: Path) -> None:
    target = read_target(written(tmp_path, SOUND + "metrics: {port: 9100, path: /stats}\n"))
    job = next(job for job in scrape_config(target)["scrape_configs"] if job["job_name"] == "app")
    assert job["metrics_path"] == "/stats"
    assert {"source_labels": ["__meta_kubernetes_pod_label_app"], "regex": "web", "action": "keep"} in job[
        "relabel_configs"
    ]
    assert any(rule.get("replacement") == "$1:9100" for rule in job["relabel_configs"])


def test_the_exporter_of_a_cluster_of_one_s_own_is_scraped_where_it_is_reached(tmp_path: Path) -> None:
    target = read_target(written(tmp_path, SOUND + 'metrics: {kube_state_metrics: "127.0.0.1:8081"}\n'))
    jobs = {job["job_name"]: job for job in scrape_config(target)["scrape_configs"]}
    assert jobs["kube-state-metrics"]["static_configs"] == [{"targets": ["127.0.0.1:8081"]}]
    assert "app" not in jobs


def test_an_experiment_for_the_sample_is_refused_on_another_app(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(
        BadInput, match=r"'database/slow-queries' is written for the sample app; on pages .* there are: work"
    ):
        plan_experiments(["slow-queries"], Options(), tmp_path)


def test_a_matrix_without_names_plays_what_fits_the_app(tmp_path: Path) -> None:
    names = matrix_names([], [], read_target(written(tmp_path)))
    assert {name.partition("/")[0] for name in names} == {"workload"}
    assert len(names) == 5
    assert len(matrix_names([], [], read_target(SAMPLE))) > 20


def test_what_is_different_for_an_app_goes_into_the_truth(tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text("groups: [{name: g, rules: [{alert: ShopGone, expr: up == 0}]}]\n")
    own = "rules: [alerts.yaml]\nexperiments: {all-pods-down: {alerts: [ShopGone], severity: SEV-2, component: shop}}\n"
    written(tmp_path, SOUND + own)
    (scenario,) = plan_experiments(["all-pods-down"], Options(), tmp_path).scenarios
    truth = scenario.experiments[0].truth
    assert truth["alerts"][-1] == "ShopGone"
    assert scenario.experiments[0].runbook.name == "any-app.md"
    assert (truth["component"], truth["severity"]["llm-research-lab"]) == ("shop", "SEV-2")


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (
            "{alerts: [ShopGon]}",
            "experiments.all-pods-down.alerts: 'ShopGon' is in no rule file; did you mean 'ShopGone'?",
        ),
        ("{severity: P0}", "experiments.all-pods-down.severity: 'P0' is none of SEV-1, SEV-2, SEV-3, SEV-4"),
    ],
)
def test_an_adjustment_that_does_not_fit_is_refused(tmp_path: Path, own: str, said: str) -> None:
    (tmp_path / "alerts.yaml").write_text("groups: [{name: g, rules: [{alert: ShopGone, expr: up == 0}]}]\n")
    written(tmp_path, f"{SOUND}rules: [alerts.yaml]\nexperiments: {{all-pods-down: {own}}}\n")
    with pytest.raises(BadInput) as error:
        plan_experiments(["all-pods-down"], Options(), tmp_path)
    assert said in str(error.value)


def test_an_app_that_runs_already_is_played_on_where_it_runs(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("contexts: [{name: staging}]\n")
    existing = "name: a\ndeploy: {existing: {kubeconfig: config, context: staging}}\n"
    written(tmp_path, existing + "serves: {deployment: a, port: 80}\nload: {requests: [GET /]}\n")
    options = plan_experiments(["all-pods-down"], Options(), tmp_path).options
    assert (options.kubeconfig, options.context) == (tmp_path / "config", "staging")


def test_commands_are_for_the_embedded_cluster_alone(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "config").write_text("contexts: [{name: staging}]\n")
    with pytest.raises(
        BadInput, match=r"--kubeconfig: .*gameday.yaml has commands, which only the embedded cluster runs"
    ):
        plan_experiments(["all-pods-down"], Options(kubeconfig=tmp_path / "config", context="staging"), tmp_path)


def alerts_in(text: str) -> list[Any]:
    return [rule["alert"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]
