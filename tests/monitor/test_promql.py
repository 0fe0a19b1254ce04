"""The evaluator against recorded cases (cases/promql.yaml), and against promtool itself where it is on PATH."""

import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from series_notation import labels_of, store

from simulator.monitor.durations import parse_duration
from simulator.monitor.errors import BadQuery, QueryFailed
from simulator.monitor.labels import show
from simulator.monitor.promql.evaluate import Moment, evaluate
from simulator.monitor.promql.functions import Sample
from simulator.monitor.promql.read import read

CASES: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "cases" / "promql.yaml").read_text(), Loader=yaml.BaseLoader
)  # every scalar as text: `0x5` is a notation here, not a number


def comparable(value: float) -> object:
    """NaN equals itself; rounding in the last digits is forgiven."""
    return "NaN" if math.isnan(value) else pytest.approx(value, rel=1e-9, abs=1e-12)


def plain(value: float) -> object:
    return "NaN" if math.isnan(value) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_evaluator_gives_the_recorded_answers(case: dict[str, Any]) -> None:
    storage = store(case["series"], parse_duration(case["interval"]))
    moment = Moment.instant(storage, parse_duration(case["at"]))
    for query, expected in case["answers"].items():
        query = str(query)
        if isinstance(expected, dict):
            with pytest.raises((BadQuery, QueryFailed), match=expected["fails"]):
                evaluate(read(query), moment)
            continue
        answer = evaluate(read(query), moment)
        if not isinstance(expected, list):
            assert isinstance(answer, float), query
            assert plain(answer) == comparable(float(expected)), query
            continue
        assert isinstance(answer, list), query
        found = [(s.labels, plain(s.value)) for s in answer if isinstance(s, Sample)]
        wanted = [(labels_of(line.rpartition(" ")[0]), comparable(float(line.rpartition(" ")[2]))) for line in expected]
        if not query.startswith(("sort", "topk", "bottomk")):
            found, wanted = sorted(found, key=lambda p: p[0]), sorted(wanted, key=lambda p: p[0])
        assert found == wanted, query


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
def test_promtool_gives_the_recorded_answers_too(tmp_path: Path) -> None:
    tests = []
    for case in (case for case in CASES if case.get("prometheus") != "3"):
        expectations = []
        for query, expected in case["answers"].items():
            if isinstance(expected, dict) or "NaN" in str(expected):
                continue  # to promtool, NaN is not what was expected, even if it was
            lines = expected if isinstance(expected, list) else [f"{{}} {expected}"]
            samples = [
                {
                    "labels": show(labels_of(line.rpartition(" ")[0])),
                    "value": float(line.rpartition(" ")[2]),
                }
                for line in lines
            ]
            expectations.append({"expr": str(query), "eval_time": case["at"], "exp_samples": samples})
        series = [{"series": name, "values": notation} for name, notation in case["series"].items()]
        tests.append({"interval": case["interval"], "input_series": series, "promql_expr_test": expectations})
    file = tmp_path / "cases.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1s", "tests": tests}))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
