"""Puts a gate's report into a folder, in every format."""

from dataclasses import dataclass
from pathlib import Path

from simulator.report.gate import Gate
from simulator.report.gate_page import render_gate_html
from simulator.report.pipeline.badge import render_badge, render_badge_json
from simulator.report.pipeline.code_quality import render_code_quality
from simulator.report.pipeline.junit import render_junit
from simulator.report.pipeline.sarif import render_sarif
from simulator.report.pipeline.summary import render_summary
from simulator.report.publish import render_json, write_all


@dataclass(frozen=True)
class GatePaths:
    """Where the files are."""

    html: Path
    json: Path
    summary: Path
    junit: Path
    sarif: Path
    code_quality: Path
    badge: Path
    badge_json: Path


def write_gate(gate: Gate, folder: Path) -> GatePaths:
    """Write all files, each whole or not at all; makes the folder if need be.

    Raises NotPossible with the folder and the cause, such as a disk that is full.
    """
    paths = GatePaths(
        html=folder / "report.html",
        json=folder / "gate.json",
        summary=folder / "summary.md",
        junit=folder / "junit.xml",
        sarif=folder / "results.sarif",
        code_quality=folder / "code-quality.json",
        badge=folder / "badge.svg",
        badge_json=folder / "badge.json",
    )
    texts = {
        paths.json: render_json(gate),
        paths.junit: render_junit(gate),
        paths.summary: render_summary(gate),
        paths.sarif: render_sarif(gate),
        paths.code_quality: render_code_quality(gate),
        paths.badge: render_badge(gate),
        paths.badge_json: render_badge_json(gate),
        paths.html: render_gate_html(gate),
    }
    write_all(texts, folder)
    return paths
