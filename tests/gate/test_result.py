"""A gate's result from its drills' attempts: what is published, and the exit status."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from gated import attempt, starved
from rich.console import Console

from simulator.drill.plan import Options, Plan, plan_suite_file
from simulator.drill.suite import SuiteFile, read_suite
from simulator.errors import BadInput
from simulator.gate.playing import GateDrill, drills_of, gate_of, publish
from simulator.report.gate import Gate
from simulator.report.models import DrillResult
from simulator.report.schema import published_schema

SUITE = """
experiments:
  - crash-loop-bad-config
  - experiment: [connection-exhaustion, rate-limited]
    budgets: {slas: [ttd]}
  - experiment: rate-limited
    control: true
"""
RED, GREEN = [attempt(ttm=None)] * 2, [attempt()]


def planned(tmp_path: Path, text: str = SUITE, **options: object) -> tuple[SuiteFile, Plan]:
    (tmp_path / "mine.yaml").write_text(text)
    file = read_suite(str(tmp_path / "mine.yaml"))
    return file, plan_suite_file(file, Options(**options), tmp_path, needs_alerts=False)  # type: ignore[arg-type]


def result(file: SuiteFile, plan: Plan, *attempts: list[DrillResult]) -> Gate:
    drills = drills_of(file, plan, None)
    for drill, made in zip(drills, attempts, strict=True):
        drill.attempts.extend(made)
    return gate_of(file, plan, drills, None, datetime.now(UTC))


def test_red_wins_over_inconclusive_and_that_over_green(tmp_path: Path) -> None:
    file, plan = planned(tmp_path, "experiments: [crash-loop-bad-config, rate-limited, cache-down]")
    for attempts, outcome, status in [
        ((GREEN, GREEN, GREEN), "passed", 0),
        ((GREEN, [starved()] * 3, GREEN), "inconclusive", 3),
        ((RED, [starved()] * 3, GREEN), "failed", 1),
    ]:
        gate = result(file, plan, *attempts)
        assert (gate.outcome, gate.exit_status) == (outcome, status)
        jsonschema.validate(json.loads(gate.model_dump_json()), published_schema("gate"))


def test_a_result_is_shown_written_in_every_format_and_annotated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    text = "experiments: [crash-loop-bad-config]"
    file, plan = planned(tmp_path, text, report=tmp_path / "report", json=tmp_path / "gate.json")
    gate = result(file, plan, RED)
    publish(gate, plan, "run", Console())
    shown = capsys.readouterr().out
    assert "gameday run workload/crash-loop-bad-config" in shown
    assert "::error file=" in shown
    assert Gate.model_validate_json((tmp_path / "gate.json").read_bytes()) == gate
    assert {"junit.xml", "results.sarif", "summary.md", "report.html"} <= {
        p.name for p in (tmp_path / "report").iterdir()
    }


def test_each_drill_has_the_suites_budgets_and_its_own(tmp_path: Path) -> None:
    file, plan = planned(tmp_path)
    drills = drills_of(file, plan, None)
    assert [drill.terms.budgets.slas for drill in drills[:2]] == [("ttd", "tta", "ttc", "ttm", "ttr"), ("ttd",)]
    assert [drill.terms.is_control for drill in drills] == [False, False, True]


def test_steps_are_those_of_the_clock_and_of_the_targets_own_intervals(tmp_path: Path) -> None:
    def grain(clock: float) -> tuple[float, float]:
        drill: GateDrill = drills_of(*planned(tmp_path, clock=clock), None)[0]
        return drill.terms.grain.of_time("ttd"), drill.terms.grain.of_time("ttm")

    assert grain(60) == (60 * (1 + 0.25 + 0.25), 60 * (2 + 0.25 + 0.25))
    assert grain(1) == (1 + 15 + 15, 2 + 15 + 15)


def test_each_drill_names_the_command_that_plays_it_alone(tmp_path: Path) -> None:
    file, plan = planned(tmp_path, playbook="causal-eval-bench", clock=120.0, users=10, variant="gradual")
    gate = result(file, plan, RED, GREEN, [starved()] * 3)
    how = "--playbook causal-eval-bench --clock 120 --users 10 --variant gradual"
    assert [drill.next_command for drill in gate.drills] == [
        f"gameday run workload/crash-loop-bad-config {how}",
        f"gameday run database/connection-exhaustion external_api/rate-limited --together {how}",
        "gameday doctor",
    ]
    gate = result(*planned(tmp_path), RED, GREEN, GREEN)
    assert [drill.next_command for drill in gate.drills] == [
        "gameday run workload/crash-loop-bad-config",
        "gameday run database/connection-exhaustion external_api/rate-limited --together",
        "gameday run external_api/rate-limited --control",
    ]


def test_an_alert_that_is_gone_is_red_in_a_gate_and_a_mistake_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "workload" / "mine"
    folder.mkdir(parents=True)
    (folder / "runbook.md").write_text("# Mine\n\n## Mitigate\n\n```bash\ntrue\n```\n")
    shipped = read_suite_experiment().replace("HighErrorRate]", "Gone]")
    (folder / "experiment.yaml").write_text(shipped)
    text = f"experiments: [{folder / 'experiment.yaml'}]"
    file, plan = planned(tmp_path, text)
    drill = result(file, plan, [attempt(ttd=None)] * 2).drills[0]
    assert drill.outcome == "failed"
    assert "'Gone' is in no rule file." in drill.why
    with pytest.raises(BadInput, match="alert 'Gone' is in no rule file"):
        plan_suite_file(file, Options(), tmp_path)


def read_suite_experiment() -> str:
    return read_suite("first-game-day").files[0][0].read_text()
