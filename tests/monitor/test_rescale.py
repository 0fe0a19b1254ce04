"""Rule files for the drill clock: every duration divided, nothing else touched."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import BadInput
from simulator.monitor.durations import format_duration, parse_duration
from simulator.monitor.promql.plan import Plan
from simulator.monitor.promql.read import read
from simulator.monitor.rescale import (
    alert_for_s,
    alert_names,
    looks_back_s,
    rescale_query,
    rescale_rules,
)
from simulator.monitor.rules import parse_rules

RULES = """\
# kept [5m]
groups:
  - name: api
    interval: 15s   # also kept
    rules:
      - record: job:errors:rate5m
        expr: sum by (job) (rate(errors_total[5m]))
      - alert: HighErrorRate
        expr: |
          # over [5m], as agreed
          sum(rate(errors_total{path="/x[5m]"}[5m] offset 1m)) > 5m
            and max_over_time(job:errors:rate5m[30m:1m]) > 0
        for: 2m
        keep_firing_for: 90s
        annotations:
          summary: "for 5m: {{ $value }} [5m]"
      - alert: Quoted
        expr: 'rate(x{p=''[1m] offset 1m''}[1m]) > 3'
        for: 150s
"""


def test_at_clock_60_a_minute_becomes_a_second_and_everything_else_stays() -> None:
    rescaled = rescale_rules(RULES, 60)
    document = yaml.safe_load(rescaled)
    record, errors, quoted = document["groups"][0]["rules"]
    assert rescaled.startswith("# kept [5m]\n")
    assert "250ms   # also kept" in rescaled
    assert record["expr"] == "sum by (job) (rate(errors_total[5s]))"
    assert errors["expr"] == (
        "# over [5m], as agreed\n"
        'sum(rate(errors_total{path="/x[5m]"}[5s] offset 1s)) > 5m\n'
        "  and max_over_time(job:errors:rate5m[30s:1s]) > 0\n"
    )
    assert (errors["for"], errors["keep_firing_for"], quoted["for"]) == ("2s", "1s500ms", "2s500ms")
    assert errors["annotations"] == {"summary": "for 5m: {{ $value }} [5m]"}
    assert quoted["expr"] == "rate(x{p='[1m] offset 1m'}[1s]) > 3"


def test_what_a_runner_asks_of_a_rule_file() -> None:
    assert max(seconds for _, seconds in alert_for_s(RULES)) == 150
    assert alert_names(RULES) == ("HighErrorRate", "Quoted")
    assert looks_back_s(RULES) == 5 * 60 + 60 + 30 * 60 + 60, "the ranges, the step and the offset of one rule"


@pytest.mark.parametrize("clock", [0, -1, float("nan"), float("inf")])
def test_a_clock_that_does_not_run_forward_is_refused(clock: float) -> None:
    with pytest.raises(BadInput, match="above zero"):
        rescale_rules(RULES, clock)


durations_ms = st.integers(1, 10**9)
selectors = st.sampled_from(["up", 'x{a="[5m] offset 3m"}', "x{a='b\\'[1h]'}", "offset_total{offset=`[9m]`}"])


@st.composite
def queries(draw: st.DrawFn) -> str:
    selector, window, offset = draw(selectors), draw(durations_ms), draw(durations_ms)
    text = f"rate({selector}[{format_duration(window)}] offset {format_duration(offset)})"
    if draw(st.booleans()):
        step = format_duration(draw(durations_ms))
        text = f"max_over_time({text}[{format_duration(draw(durations_ms))}:{step}])"
    return f"{text} > {draw(st.integers(0, 9))}  # [7m]"


@given(queries())
def test_rescaling_by_one_changes_no_meaning(query: str) -> None:
    assert read(rescale_query(query, 1)) == read(query)


@given(queries(), st.sampled_from([2, 10, 60]))
def test_rescaling_by_a_clock_divides_every_duration_of_the_plan(query: str, clock: int) -> None:
    def numbers(plan: Plan) -> list[int]:
        found = []
        for name in getattr(plan, "__slots__", ()):
            value = getattr(plan, name)
            if name in ("range_ms", "step_ms", "offset_ms"):
                found.append(value)
            for item in value if isinstance(value, tuple) else (value,):
                found += numbers(item)
        return found

    before, after = numbers(read(query)), numbers(read(rescale_query(query, clock)))
    assert all(abs(b / clock - a) <= 1 for b, a in zip(before, after, strict=True))


@given(st.integers(0, 10**12))
def test_a_duration_survives_being_written_and_read(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@given(queries(), st.sampled_from(["plain", "literal", "single", "double"]))
def test_a_rule_reads_the_same_however_its_expression_is_quoted(query: str, style: str) -> None:
    written = {
        "plain": f"|-\n          {query}",
        "literal": f"|\n          {query}\n",
        "single": "'" + query.replace("'", "''") + "'",
        "double": '"' + query.replace("\\", "\\\\").replace('"', '\\"') + '"',
    }[style]
    text = f"groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {written}\n        for: 1m\n"
    rule = parse_rules(rescale_rules(text, 60), "rules")[0].rules[0]
    assert rule.plan == read(rescale_query(query, 60))
