"""The report of a gate as one HTML file: the verdict, what to do, every requirement with its spread, every attempt."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.report.gate import Gate, GatedDrill, Requirement
from simulator.report.html import page_of, render_page
from simulator.report.spread import SIGNS, amount, compared_with, failed_shares, gate_score, scores, spread, times

_SCALE_ABOVE = 1.1
"""The scale of a strip ends so far beyond the largest value on it; points end at 100."""


@dataclass(frozen=True)
class Row:
    """A requirement as a line of a table. `dots` and `tick`, the limit, are per cent of the strip's width."""

    requirement: Requirement
    limit: str
    seen: str
    dots: tuple[float, ...]
    tick: float | None


@dataclass(frozen=True)
class DrillRow:
    """A drill with the spread of its attempts; `pages` are the numbers of its attempts in the file."""

    drill: GatedDrill
    score: str
    ttd: str
    ttm: str
    failed: str
    rows: tuple[Row, ...]
    pages: tuple[int, ...]


def render_gate_html(gate: Gate) -> str:
    """The whole file; it opens offline and can be read without script."""
    played = [
        (number, drill, attempt, result)
        for number, drill in enumerate(gate.drills, start=1)
        for attempt, result in enumerate(drill.attempts, start=1)
    ]
    pages = [
        page_of(result, index, f"Drill {number}, attempt {attempt} of {len(drill.attempts)}")
        for index, (number, drill, attempt, result) in enumerate(played, start=1)
    ]
    rows, first = [], 1
    for drill in gate.drills:
        rows.append(_drill_row(drill, tuple(range(first, first + len(drill.attempts)))))
        first += len(drill.attempts)
    subject = {"gate": gate, "score": gate_score(gate), "rows": rows}
    return render_page("gate.html", pages, signs=SIGNS, compared_with=compared_with, **subject)


def strip(limit: float | None, seen: Sequence[float | None], unit: str) -> tuple[tuple[float, ...], float | None]:
    """Where each known value and the limit stand on a strip, in per cent of its width; nothing without a limit."""
    known = [value for value in seen if value is not None]
    top = 100.0 if unit == "points" else _SCALE_ABOVE * max([*known, limit or 0.0])
    if not known or limit is None or top <= 0:
        return (), None
    return tuple(_share(value, top) for value in known), _share(limit, top)


def _share(value: float, top: float) -> float:
    return round(100 * min(1.0, max(0.0, value / top)), 1)


def _drill_row(drill: GatedDrill, pages: tuple[int, ...]) -> DrillRow:
    tries = drill.attempts
    return DrillRow(
        drill=drill,
        score=spread(scores(tries), "points"),
        ttd=spread(times(tries, "ttd"), "drill_seconds"),
        ttm=spread(times(tries, "ttm"), "drill_seconds"),
        failed=spread(failed_shares(tries), "share"),
        rows=tuple(_row(requirement) for requirement in drill.requirements),
        pages=pages,
    )


def _row(requirement: Requirement) -> Row:
    dots, tick = strip(requirement.limit, requirement.seen, requirement.unit)
    return Row(
        requirement,
        amount(requirement.limit, requirement.unit),
        spread(requirement.seen, requirement.unit),
        dots,
        tick,
    )
