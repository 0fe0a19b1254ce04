"""All files of a gate in a folder, its page and its table."""

import io
import json
import re
from dataclasses import astuple
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from simulator.errors import NotPossible
from simulator.report.gate import Gate
from simulator.report.gate_page import render_gate_html, strip
from simulator.report.gate_table import gate_report
from simulator.report.pipeline.files import write_gate
from simulator.report.schema import published_schema


def test_every_format_is_written_and_nothing_else(gate: Gate, tmp_path: Path) -> None:
    paths = write_gate(gate, tmp_path / "new" / "folder")
    assert sorted(astuple(paths)) == sorted((tmp_path / "new" / "folder").iterdir())
    assert all(path.stat().st_size for path in astuple(paths))


def test_the_json_is_the_gate_itself(gate: Gate, tmp_path: Path) -> None:
    text = write_gate(gate, tmp_path).json.read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), published_schema("gate"))
    assert Gate.model_validate_json(text) == gate


def test_a_folder_that_cannot_be_written_is_one_clear_line(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(NotPossible, match="choose another --report"):
        write_gate(gate, tmp_path / "taken")


def test_the_page_shows_verdict_spread_reasons_and_every_attempt_and_opens_offline(gate: Gate) -> None:
    page = render_gate_html(gate)
    assert page.count("<article") == sum(len(drill.attempts) for drill in gate.drills) == 4
    assert "Drill 2, attempt 2 of 2" in page
    assert "46.5–51.0" in page
    assert "later than the 15 min allowed" in page
    assert "runbook.md:37" in page
    assert "Compared with" in page
    assert not re.search(r"https?://", page)
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert page.count('id="plotly"') == 1


def test_a_strip_shows_values_and_limit_on_one_scale() -> None:
    assert strip(50.0, (100.0, None, 25.0), "points") == ((100.0, 25.0), 50.0)
    dots, tick = strip(10.0, (20.0,), "drill_seconds")
    assert tick is not None
    assert dots[0] == pytest.approx(2 * tick, abs=0.1)
    assert strip(None, (0.4,), "share") == ((), None), "without a limit there is nothing to see it against"
    assert strip(0.4, (None,), "share") == ((), None)
    assert strip(0.0, (0.0,), "count") == ((), None)


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_is_readable_without_colour(gate: Gate, data: Path, width: int) -> None:
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, force_terminal=False).print(gate_report(gate))
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    assert text == (data / f"gate-{width}.txt").read_text(encoding="utf-8")
