"""A gate as Markdown for a job's summary: verdict, drills with their spread, what failed and what to type next."""

import re
from collections.abc import Iterator, Sequence
from html import escape

from simulator.report.durations import wall_time
from simulator.report.gate import Gate, GatedDrill, Requirement
from simulator.report.markdown import cell
from simulator.report.pipeline.findings import SENTENCE
from simulator.report.sentences import plain
from simulator.report.spread import (
    SIGNS,
    against_limit,
    amount,
    compared_with,
    failed_shares,
    gate_score,
    missed_of,
    scores,
    spread,
    times,
)

MOST_BYTES = 1_000_000
"""GitHub takes a summary of 1 MiB, and drops a larger one whole."""
MOST_ROWS = 200
_VERDICTS = {"met": "✓ met", "missed": "✗ missed", "not_assessed": "– not assessed", "not_judged": "? not judged"}


def render_summary(gate: Gate) -> str:
    """The whole summary, ending in a newline; what does not fit is left out whole, and says so."""
    kept: list[str] = []
    room = MOST_BYTES
    for part in _parts(gate):
        room -= len(part.encode()) + 2
        if room < 0:
            kept.append("*There is more than fits here: see `report.html`.*")
            break
        kept.append(part)
    return "\n\n".join(kept) + "\n"


def _parts(gate: Gate) -> Iterator[str]:
    yield from _head(gate)
    yield _table(gate)
    told = [drill for drill in gate.drills if drill.outcome != "passed"]
    if told:
        yield "## What to do"
        yield from map(_trouble, told)
    yield "## Details"
    yield from map(_details, gate.drills)


def _head(gate: Gate) -> Iterator[str]:
    yield f"# Gate {cell(gate.title)}: {SIGNS[gate.outcome]} {gate.outcome}"
    passed = sum(drill.outcome == "passed" for drill in gate.drills)
    score = gate_score(gate)
    took = wall_time((gate.ended_at - gate.started_at).total_seconds())
    facts = [f"**{passed} of {len(gate.drills)} drills passed**"]
    facts += [] if score is None else [f"score {score:.1f} of 100"]
    yield " · ".join([*facts, took])
    compared = f" Compared with {cell(compared_with(gate.baseline))}." if gate.baseline else ""
    cpus = f"{gate.machine.cpus} CPU{'' if gate.machine.cpus == 1 else 's'}"
    yield (
        f"Suite {cell(gate.suite)}, playbook {cell(gate.playbook)}, responder {cell(gate.responder)}, "
        f"clock {gate.clock:g}×, {cpus}.{compared}"
    )


def _table(gate: Gate) -> str:
    heads = ("Drill", "Verdict", "Attempts", "Score", "Detected", "Mitigated", "Requests failed")
    rule = ("---", "---", "--:", "--:", "--:", "--:", "--:")
    table = "\n".join(_row(cells) for cells in (heads, rule, *map(_cells, gate.drills[:MOST_ROWS])))
    rest = len(gate.drills) - MOST_ROWS
    return f"{table}\n\n… and {rest} more drills" if rest > 0 else table


def _cells(drill: GatedDrill) -> tuple[str, ...]:
    tries = drill.attempts
    return (
        cell(drill.title),
        f"{SIGNS[drill.outcome]} {drill.outcome}",
        str(len(tries)),
        spread(scores(tries), "points"),
        spread(times(tries, "ttd"), "drill_seconds"),
        spread(times(tries, "ttm"), "drill_seconds"),
        spread(failed_shares(tries), "share"),
    )


def _trouble(drill: GatedDrill) -> str:
    missed = missed_of(drill)
    lines = [f"### {SIGNS[drill.outcome]} {cell(drill.title)}", ""]
    if not missed or drill.outcome == "inconclusive":
        lines += [cell(drill.why), ""]
    for requirement in missed:
        place = requirement.begin_at
        begin = f" Begin at {_code(f'{place.path}:{place.line}')}." if place else ""
        lines.append(f"- **{cell(requirement.title)}** ({against_limit(requirement)}): {cell(requirement.why)}{begin}")
    return "\n".join([*lines, "", *_command(drill.next_command)]).rstrip()


def _command(command: str) -> list[str]:
    line = plain(command, SENTENCE)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", line)), default=0))
    return ["Next:", "", f"{fence}sh", line, fence] if line else []


def _code(text: str) -> str:
    """Text as code, with a fence longer than any in it."""
    line = plain(text, SENTENCE)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    room = " " if "`" in line else ""
    return f"{fence}{room}{line}{room}{fence}"


def _details(drill: GatedDrill) -> str:
    heads, rule = ("Requirement", "Limit", "Seen", "Verdict", "Why"), ("---", "--:", "--:", "---", "---")
    rows = (heads, rule, *map(_requirement, drill.requirements))
    title = escape(plain(drill.title))
    head = f"<details><summary>{SIGNS[drill.outcome]} {title}: every requirement</summary>"
    return "\n".join([head, "", *map(_row, rows), "", "</details>"])


def _requirement(requirement: Requirement) -> tuple[str, ...]:
    return (
        cell(requirement.title),
        amount(requirement.limit, requirement.unit),
        spread(requirement.seen, requirement.unit),
        _VERDICTS[requirement.verdict],
        cell(requirement.why),
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
