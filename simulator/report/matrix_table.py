"""The matrix for people: a table for a terminal of any width, a line for each drill in a log, and the sum of it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from simulator.report.durations import drill_time, wall_time
from simulator.report.matrix import Matrix, MatrixRow
from simulator.report.palette import MARK_STYLES
from simulator.report.sentences import plain

_REASON_WIDTH = 200
_ROOM_FOR_ALERTS = 110


def matrix_report(matrix: Matrix) -> RenderableType:
    """Heading, table, the reason of each row that did not pass, and the sum."""
    facts = f"  playbook {matrix.playbook} · responder {matrix.responder} · clock {matrix.clock:g}×"
    heading = Text.assemble(("Matrix", "bold"), (plain(facts, 200).join(("  ", "")), "dim"))
    acts = [row for row in matrix.rows if row.act]
    if acts:
        return Group(heading, Text(), _acts(acts), Text(), summary(matrix))
    reasons = [_reason(row) for row in matrix.rows if not row.passed]
    return Group(heading, Text(), _Drills(matrix.rows), Text(), *reasons, summary(matrix))


def summary(matrix: Matrix) -> Text:
    """Such as `31 of 31 detected · median detection 40s beyond the rule's own for · 31 mitigated · 14 min`."""
    count, took = len(matrix.rows), wall_time((matrix.ended_at - matrix.started_at).total_seconds())
    parts = [f"{matrix.passed} of {count} as they should be"]
    if any(row.purpose in ("mitigated", "missed") for row in matrix.rows):
        parts.insert(0, f"{matrix.detected} of {count} detected by an accepted alert")
        if matrix.median_beyond_for_seconds is not None:
            parts.append(f"median detection {drill_time(matrix.median_beyond_for_seconds)} beyond the rule's own for")
    if any(row.purpose == "mitigated" for row in matrix.rows):
        parts.append(f"{matrix.mitigated} mitigated")
    return Text(" · ".join([*parts, took]), "bold green" if matrix.passed == count else "bold red")


def row_line(row: MatrixRow, number: int, count: int) -> str:
    """One finished drill in a log."""
    name = row.experiment + (f" [{row.act}]" if row.act else "")
    seen = {
        "mitigated": f"detected {_time(row.ttd_seconds)}, mitigated {_time(row.ttm_seconds)}, score {_score(row)}",
        "missed": f"detected {_time(row.ttd_seconds)}, {'mitigated' if row.mitigated else 'not mitigated'}",
        "control": "nobody was paged" if row.passed else "somebody was paged",
        "refused": f"refused by {row.refused_by[0]}" if row.refused_by else "not refused",
    }[row.purpose]
    told = plain(row.reason if row.verdict == "aborted" else seen, _REASON_WIDTH)
    return f"{number:>3}/{count}  {'ok  ' if row.passed else 'FAIL'}  {name}: {told}  ({row.wall_seconds:.0f} s)"


class _Drills:
    """A line for each drill; which alert detected it where there is room."""

    def __init__(self, rows: Sequence[MatrixRow]) -> None:
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_wide = options.max_width >= _ROOM_FOR_ALERTS
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("", "failure mode", "detected", "by", "mitigated", "score", "SLA", "diagnosis", "wall"):
            if heading != "by" or is_wide:
                right = heading in ("detected", "mitigated", "score", "wall")
                table.add_column(heading, no_wrap=heading != "failure mode", justify="right" if right else "left")
        for family, rows in groupby(self._rows, key=lambda row: row.family):
            table.add_row("", Text(plain(family), "dim"))
            for row in rows:
                table.add_row(*_cells(row, is_wide=is_wide))
        yield table


def _cells(row: MatrixRow, *, is_wide: bool) -> Iterator[RenderableType]:
    yield _sign(row.passed)
    yield plain(row.failure_mode)
    yield _time(row.ttd_seconds) if row.detected_by else "no" if row.injected else "not injected"
    if is_wide:
        yield plain(row.detected_by or "–")
    yield _time(row.ttm_seconds) if row.mitigated else "no"
    yield Text(_score(row), MARK_STYLES.get(row.mark or "", ""))
    yield _yes(row.sla_met)
    yield _yes(row.diagnosis_right)
    yield f"{row.wall_seconds:.0f} s"


def _acts(rows: list[MatrixRow]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "experiment", "what was done", "does not count, for", "wall"):
        table.add_column(heading, no_wrap=heading in ("", "wall"), justify="right" if heading == "wall" else "left")
    experiment = ""
    for row in rows:
        shown = row.experiment if row.experiment != experiment else ""
        experiment = row.experiment
        why = plain(row.refused_by[0], 120) if row.refused_by else plain(row.reason, 120) or "nothing refused it"
        table.add_row(_sign(row.passed), plain(shown), plain(row.act), why, f"{row.wall_seconds:.0f} s")
    return table


def _reason(row: MatrixRow) -> Text:
    late = "not detected and mitigated within its SLAs"
    why = row.reason or {
        "mitigated": "not detected by an accepted alert" if not row.detected_by else late,
        "missed": "not detected by an accepted alert" if not row.detected_by else "not missed",
        "control": "somebody was paged though nothing was injected",
        "refused": "it passed for a mitigation, or no condition refused it",
    }.get(row.purpose, "")
    name = row.experiment + (f" [{row.act}]" if row.act else "")
    return Text(f"{name}: {plain(why, 400)}", "yellow")


def _sign(passed: bool) -> Text:
    return Text("✓", "green") if passed else Text("✗", "red")


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else drill_time(seconds)


def _score(row: MatrixRow) -> str:
    return "–" if row.score is None else f"{row.score:.1f} {row.mark}"


def _yes(value: bool | None) -> str:
    return "–" if value is None else "yes" if value else "no"
