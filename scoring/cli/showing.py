"""What commands print: JSON for programs, aligned columns for people, colour only on a terminal."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from scoring.errors import ScoringError

if TYPE_CHECKING:
    from scoring.series import MeasureSeries


def print_json(value: Any) -> None:
    """Indented JSON; what is a model is written as it is published."""
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns under a header; a column whose cells are all numbers is set to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    are_numbers = [all(_is_number(row[i]) for row in rows) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        cells = zip(row, widths, are_numbers, strict=True)
        return "  ".join(c.rjust(w) if is_number else c.ljust(w) for c, w, is_number in cells).rstrip()

    typer.echo(emphasised(line(header)))
    for row in rows:
        typer.echo(line(row))


def print_measures(measures: Mapping[str, "MeasureSeries"]) -> None:
    """What several runs say together of each measure, and in which direction it goes."""
    from scoring.scorecard.sla import TITLES, spell

    rows = []
    for name, series in measures.items():
        times = ["–" if s is None else spell(s) for s in (series.median_s, series.p85_s)]
        met = f"{percent(series.share)} ({percent(series.wilson_low)} to {percent(series.wilson_high)})"
        counts = (series.n, series.n_missed_without_end, series.n_censored)
        rows.append((TITLES[name], *map(str, counts), *times, met if series.judged else "–"))
    print_table(("measure", "runs", "never", "censored", "median", "P85", "SLA met (95 %)"), rows)
    for name, series in measures.items():
        typer.echo(f"{TITLES[name]}: {series.trend.why}")


def emphasised(text: str) -> str:
    """Bold on a terminal, plain elsewhere and under NO_COLOR."""
    return typer.style(text, bold=True) if is_coloured() else text


def is_coloured() -> bool:
    """Whether standard output is a terminal of somebody who wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def written(at: datetime | None) -> str | None:
    """An instant for people and programs, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def percent(share: float | None) -> str:
    """`93 %` of a share of 0.93."""
    return "–" if share is None else f"{share * 100:.0f} %"


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, whole or not at all; one that says the same already is fine.

    Raises ScoringError.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.is_file() and path.read_bytes() == content:
            return
        if path.exists():
            raise ScoringError(f"{path}: it exists and says something else; name another --output")
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ScoringError(f"{path}: cannot be written: {error.strerror}; name another --output") from None


def write_over(path: Path, content: bytes, mark: bytes) -> None:
    """Write a file, whole or not at all; one that is there already is written over if it bears our mark.

    Folders are made. Raises ScoringError.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and mark not in path.read_bytes():
            raise ScoringError(f"{path}: it exists and is none of ours; name another folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ScoringError(f"{path}: cannot be written: {error.strerror}; name another folder") from None


def _is_number(cell: str) -> bool:
    return not cell.strip("0123456789.,%– ")
