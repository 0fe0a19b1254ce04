"""A gate for people: a table for a terminal of any width or a log, what failed and why, and what to type next."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report.durations import wall_time
from simulator.report.gate import Gate, GatedDrill, Outcome
from simulator.report.sentences import plain
from simulator.report.spread import (
    SIGNS,
    against_limit,
    compared_with,
    failed_shares,
    gate_score,
    missed_of,
    scores,
    spread,
    times,
)

_STYLES: dict[Outcome, str] = {"passed": "green", "failed": "red", "inconclusive": "yellow"}
_ROOM_FOR_ALL = 100


def gate_report(gate: Gate) -> RenderableType:
    """Heading, table, each drill that did not pass with what it missed, and the verdict."""
    facts = f"playbook {gate.playbook} · responder {gate.responder} · clock {gate.clock:g}×"
    heading = Text.assemble((plain(gate.title), "bold"), (f"  {plain(facts)}", "dim"))
    compared = [Text(f"compared with {compared_with(gate.baseline)}", "dim")] if gate.baseline else []
    troubles = [part for drill in gate.drills if drill.outcome != "passed" for part in _trouble(drill)]
    return Group(heading, *compared, Text(), _Drills(gate), *troubles, Text(), verdict_line(gate))


def verdict_line(gate: Gate) -> Text:
    """Such as `Gate: ✗ failed   3 of 4 drills passed · score 88.1 · 2 min 40 s`."""
    sign, style = SIGNS[gate.outcome], _STYLES[gate.outcome]
    passed = sum(drill.outcome == "passed" for drill in gate.drills)
    score = gate_score(gate)
    facts = [f"{passed} of {len(gate.drills)} drills passed"]
    facts += [] if score is None else [f"score {score:.1f}"]
    facts.append(wall_time((gate.ended_at - gate.started_at).total_seconds()))
    return Text.assemble(("Gate: ", "bold"), (f"{sign} {gate.outcome}", f"bold {style}"), f"   {' · '.join(facts)}")


class _Drills:
    """A line for each drill, with the spread of its attempts; fewer columns where there is less room."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_wide = options.max_width >= _ROOM_FOR_ALL
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("", "drill", "attempts", "score", "detected", "mitigated", *(["failed"] if is_wide else [])):
            is_text = heading in ("", "drill")
            table.add_column(heading, no_wrap=heading == "", justify="left" if is_text else "right")
        for drill in self._gate.drills:
            cells = list(_cells(drill))
            table.add_row(*cells if is_wide else cells[:-1])
        yield table


def _cells(drill: GatedDrill) -> Iterator[RenderableType]:
    tries = drill.attempts
    yield Text(SIGNS[drill.outcome], _STYLES[drill.outcome])
    yield Text(plain(drill.title))
    yield str(len(tries))
    yield spread(scores(tries), "points")
    yield spread(times(tries, "ttd"), "drill_seconds")
    yield spread(times(tries, "ttm"), "drill_seconds")
    yield spread(failed_shares(tries), "share")


def _trouble(drill: GatedDrill) -> Iterator[RenderableType]:
    yield Text()
    yield Text(f"{SIGNS[drill.outcome]} {plain(drill.title)}", f"bold {_STYLES[drill.outcome]}")
    missed = missed_of(drill)
    if not missed or drill.outcome == "inconclusive":
        yield _indented(Text(plain(drill.why)))
    for requirement in missed:
        yield _indented(
            Text.assemble(
                (plain(requirement.title), "bold"), f" ({against_limit(requirement)}): {plain(requirement.why)}"
            )
        )
        if place := requirement.begin_at:
            yield _indented(Text(f"begin at {plain(place.path)}:{place.line}", "dim"))
    if drill.next_command:
        yield _indented(Text.assemble(("next: ", "dim"), (plain(drill.next_command), "cyan")))


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2), expand=False)
