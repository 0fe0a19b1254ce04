"""The Markdown of a job's summary, as GitHub's reader takes it apart."""

from pathlib import Path

from markdown_it import MarkdownIt
from published import gated, requirement

from simulator.report.gate import Gate
from simulator.report.models import GameDay
from simulator.report.pipeline.summary import render_summary

ONE_MIB = 1024 * 1024


def test_the_summary_says_verdict_spread_reasons_and_next_commands(gate: Gate, data: Path) -> None:
    assert render_summary(gate) == (data / "gate-summary.md").read_text(encoding="utf-8")


def test_details_are_collapsed_and_nothing_else_is_markup(gate: Gate) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(render_summary(gate))
    blocks = [token.content.split(">")[0] for token in tokens if token.type == "html_block"]
    assert blocks == ["<details", "</details"] * 3
    assert sum(token.type == "table_open" for token in tokens) == 4


def test_a_command_with_backticks_stays_one_command(gate: Gate, game_day: GameDay) -> None:
    drill = gated(game_day.drills[0], "failed").model_copy(update={"next_command": "echo ```` `x`"})
    text = render_summary(gate.model_copy(update={"drills": (drill,)}))
    (fence,) = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]
    assert fence.content == "echo ```` `x`\n"


def test_a_summary_stays_below_what_github_takes_and_says_that_there_is_more(gate: Gate, game_day: GameDay) -> None:
    long = requirement("x", "missed", title="€" * 500, why="€" * 1000)
    drill = gated(game_day.drills[2], "failed", *[long] * 5)
    text = render_summary(gate.model_copy(update={"drills": (drill,) * 400}))
    assert len(text.encode()) < ONE_MIB
    assert "… and 200 more drills" in text
    assert text.endswith("see `report.html`.*\n")


def test_a_gate_that_passed_has_nothing_to_do(gate: Gate) -> None:
    passed = gate.model_copy(update={"drills": gate.drills[:1], "outcome": "passed", "exit_status": 0})
    assert "What to do" not in render_summary(passed)
    assert "1 of 1 drills passed" in render_summary(passed)
