"""Documents and code say the same."""

import re
import tomllib
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from scoring.api import guided
from scoring.timeline import KINDS
from simulator.cli import app
from simulator.drill.experiment import read_experiment

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> set[str]:
    return set(get_command(app).commands)  # type: ignore[attr-defined]


def test_every_command_is_in_the_changelog_or_readme() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "CHANGELOG.md").read_text()
    assert {name for name in commands() if name not in text} == set()


def test_every_command_that_a_page_shows_exists() -> None:
    for page in PAGES:
        shown = set(re.findall(r"(?:^|`|; )gameday ([a-z]+)", page.read_text(), re.MULTILINE))
        assert shown <= commands(), page.name


def test_every_dependency_has_its_line() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[>=]", entry)[0] for entry in project["dependencies"]}
    assert {name for name in names if name not in page} == set()


def test_every_relative_link_leads_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("target", ["gameday", "matrix", "test", "check", "bench", "help"])
def test_the_makefile_lists_its_targets(target: str) -> None:
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_failure_mode_is_on_its_page_with_its_alerts() -> None:
    page = (ROOT / "docs" / "failure-modes.md").read_text()
    for path in sorted((ROOT / "experiments").glob("*/*/experiment.yaml")):
        experiment = read_experiment(path)
        row = next((line for line in page.splitlines() if f"experiments/{experiment.name}/runbook.md" in line), "")
        told = {name.strip("*") for cell in row.split("|")[3:4] for name in cell.strip().split(", ")}
        assert told == set(experiment.truth["alerts"]), experiment.name


def test_what_a_guided_drill_offers_its_responders_is_on_the_page_of_scoring() -> None:
    page = (ROOT / "docs" / "scoring.md").read_text()
    offered = {route.path for route in guided.router.routes if isinstance(route, APIRoute)}
    told = {path.removeprefix("/api/v1/").replace("{drill_id}", "ID") for path in offered}
    assert {path for path in told if f"{path}`" not in page} == set()
    assert len(told) == 3


def test_every_kind_of_event_is_on_the_page_of_scoring() -> None:
    page = (ROOT / "docs" / "scoring.md").read_text()
    assert {kind for kind in KINDS if f"`{kind}`" not in page} == set()
