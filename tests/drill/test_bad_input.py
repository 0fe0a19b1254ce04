"""Wrong input is one line that names the file, the place and the mend; nothing is started."""

import socket
from pathlib import Path

import httpx
import pytest

from simulator.drill.catalog import experiment_file
from simulator.drill.clock import DrillClock
from simulator.drill.plan import Options, Plan, plan_experiments, plan_suite
from simulator.errors import BadInput, NotPossible

SHIPPED = experiment_file("crash-loop-bad-config").read_text()


def plan(tmp_path: Path, name: str = "crash-loop-bad-config", **options: object) -> Plan:
    return plan_experiments([name], Options(**options), tmp_path)  # type: ignore[arg-type]


def own_experiment(tmp_path: Path, text: str) -> str:
    folder = tmp_path / "workload" / "mine"
    folder.mkdir(parents=True)
    (folder / "runbook.md").write_text("# Mine\n\n## Mitigate\n\n```bash\ntrue\n```\n")
    (folder / "experiment.yaml").write_text(text)
    return str(folder / "experiment.yaml")


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), start=1) if part in line)


def test_an_unknown_experiment_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match=r"experiment 'database/conection-exhaustion'.*did you mean 'database/connection"
    ):
        plan(tmp_path, "database/conection-exhaustion")


def test_an_unknown_suite_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="did you mean 'first-game-day'"):
        plan_suite("first-gameday", Options(), tmp_path)


def test_an_unknown_playbook_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="llm-research-lab"):
        plan(tmp_path, playbook="llm-reserch-lab")


def test_an_unknown_alert_is_named_with_file_line_and_the_nearest(tmp_path: Path) -> None:
    text = SHIPPED.replace("HighErrorRate]", "HighErors]")
    name = own_experiment(tmp_path, text)
    with pytest.raises(BadInput) as error:
        plan(tmp_path, name)
    assert f"experiment.yaml:{line_of(text, 'HighErors')}: alert 'HighErors' is in no rule file" in str(error.value)
    assert "did you mean 'HighErrorRate'?" in str(error.value)


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    name = own_experiment(tmp_path, "title: x\nmethod: [a\nother: b\n")
    with pytest.raises(BadInput, match=r"experiment\.yaml:\d+: this is no valid YAML"):
        plan(tmp_path, name)


def test_an_experiment_without_truth_is_refused(tmp_path: Path) -> None:
    text = SHIPPED[: SHIPPED.index("extensions:")]
    with pytest.raises(BadInput, match="no ground truth: add an entry named 'gameday' under 'extensions'"):
        plan(tmp_path, own_experiment(tmp_path, text))


def test_a_fault_that_names_no_step_is_refused(tmp_path: Path) -> None:
    text = SHIPPED.replace("effect: pods-crash-loop}", "effect: pods-crashloop}")
    with pytest.raises(BadInput, match=r"'fault.effect' must name a step.*did you mean 'pods-crash-loop'"):
        plan(tmp_path, own_experiment(tmp_path, text))


def test_an_oracle_that_names_no_workload_is_refused(tmp_path: Path) -> None:
    text = SHIPPED.replace("    fault: {", "    oracle: {workload: cache}\n    fault: {")
    said = r"yaml:\d+: 'workload' is a deployment or statefulset, such as deployment/worker, not 'cache'"
    with pytest.raises(BadInput, match=said):
        plan(tmp_path, own_experiment(tmp_path, text))


def test_a_severity_that_the_playbook_does_not_have_is_refused(tmp_path: Path) -> None:
    text = SHIPPED.replace("llm-research-lab: SEV-1", "llm-research-lab: SEV1")
    with pytest.raises(BadInput, match=r"yaml:\d+: 'SEV1' is no severity of the playbook .*did you mean 'SEV-1'"):
        plan(tmp_path, own_experiment(tmp_path, text))


def test_a_truth_may_leave_the_severity_to_what_users_meet(tmp_path: Path) -> None:
    text = SHIPPED.replace("llm-research-lab: SEV-1", "another-lab: P0")
    plan(tmp_path, own_experiment(tmp_path, text))


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_clock_that_does_not_run_is_refused(factor: float) -> None:
    with pytest.raises(BadInput, match="--clock"):
        DrillClock(factor)


def test_a_kubeconfig_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no-such-file: there is no such file"):
        plan(tmp_path, kubeconfig=tmp_path / "no-such-file", context="x")


def test_a_kubeconfig_needs_a_context_by_name(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("contexts: [{name: staging}]\n")
    with pytest.raises(BadInput, match="--kubeconfig needs --context NAME"):
        plan(tmp_path, kubeconfig=kubeconfig)
    with pytest.raises(BadInput, match="there is no context 'stagin'; did you mean 'staging'"):
        plan(tmp_path, kubeconfig=kubeconfig, context="stagin")


def test_a_prometheus_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--prometheus: http://127\.0\.0\.1:1 does not answer"):
        plan(tmp_path, prometheus="http://127.0.0.1:1")


def test_a_port_in_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("simulator.drill.surroundings.SIGNAL_PORT", port)
        monkeypatch.setattr("httpx.get", lambda url, **_: httpx.Response(200, request=httpx.Request("GET", url)))
        with pytest.raises(BadInput, match=f"port {port} of .* is in use; end what listens there"):
            plan(tmp_path, prometheus="http://127.0.0.1:9090")


def test_an_unknown_field_of_a_suite_is_refused(tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text("title: mine\nexperiment: [rate-limited]\n")
    with pytest.raises(
        BadInput, match=r"mine\.yaml:2: 'experiment' is no field of a suite; did you mean 'experiments'"
    ):
        plan_suite(str(suite), Options(), tmp_path)


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1024

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    with pytest.raises(NotPossible, match="the disk is full: 0 MiB left"):
        plan(tmp_path)


def test_a_report_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="--report"):
        plan(tmp_path, report=tmp_path / "file" / "report")
