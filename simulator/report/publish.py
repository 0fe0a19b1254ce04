"""Puts a game day's report into a folder: HTML for people, JSON for programs, Markdown for a job's summary."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import NotPossible
from simulator.report.html import render_html
from simulator.report.markdown import render_markdown
from simulator.report.models import GameDay, Report


@dataclass(frozen=True)
class ReportPaths:
    """Where the files are."""

    html: Path
    json: Path
    markdown: Path


def render_json(published: Report) -> str:
    """`report.json`: a game day or a matrix as its schema in `schemas/` has it."""
    return published.model_dump_json(indent=1) + "\n"


def write_report(game_day: GameDay, folder: Path) -> ReportPaths:
    """Write `report.html`, `report.json` and `report.md`, each whole or not at all; makes the folder if need be.

    Raises NotPossible with the folder and the cause, such as a disk that is full.
    """
    paths = ReportPaths(folder / "report.html", folder / "report.json", folder / "report.md")
    texts = {
        paths.json: render_json(game_day),
        paths.markdown: render_markdown(game_day),
        paths.html: render_html(game_day),
    }
    write_all(texts, folder)
    return paths


def write_all(texts: Mapping[Path, str], folder: Path) -> None:
    """Write a report's files into its folder, each whole or not at all. Raises NotPossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(texts)
    except OSError as error:
        raise NotPossible(
            f"{folder}: the report cannot be written: {error.strerror}; choose another --report"
        ) from None


def write_json(published: Report, path: Path) -> None:
    """Write the JSON of a game day or a matrix alone to `path`, whole or not at all. Raises NotPossible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole({path: render_json(published)})
    except OSError as error:
        raise NotPossible(f"{path}: cannot be written: {error.strerror}; choose another --json") from None


def _write_whole(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
