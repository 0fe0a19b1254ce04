"""What a gate has to say about files: each missed requirement with its sentence, its place and a lasting identity."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.report.gate import Gate, GatedDrill, Place, Requirement
from simulator.report.sentences import plain
from simulator.report.spread import missed_of

SENTENCE = 1000
"""Characters of a sentence that are shown; nothing else in a report is as long."""
DRILL_RULE = "drill"
"""The rule of a drill that failed though no requirement of it is marked as missed."""


@dataclass(frozen=True)
class Finding:
    """One thing to mend. `fingerprint` outlives other words, values and places."""

    rule: str
    title: str
    drill: str
    message: str
    next_command: str
    place: Place | None
    fingerprint: str


def findings(gate: Gate) -> tuple[Finding, ...]:
    """Every missed requirement of every failed drill, in order of play."""
    seen: Counter[tuple[str, ...]] = Counter()
    return tuple(
        _finding(gate, drill, requirement, seen)
        for drill in gate.drills
        if drill.outcome == "failed"
        for requirement in _missed(drill)
    )


def unjudged(gate: Gate) -> tuple[GatedDrill, ...]:
    """The drills that could not be judged."""
    return tuple(drill for drill in gate.drills if drill.outcome == "inconclusive")


def next_step(command: str) -> str:
    """`Next: gameday run ...`, or nothing."""
    return f"Next: {plain(command, SENTENCE)}" if command else ""


def _missed(drill: GatedDrill) -> Iterator[Requirement]:
    missed = missed_of(drill)
    if missed:
        yield from missed
    else:
        yield Requirement(
            id=DRILL_RULE, title="The drill", verdict="missed", unit="count", limit=None, seen=(), why=drill.why
        )


def _finding(gate: Gate, drill: GatedDrill, requirement: Requirement, seen: Counter[tuple[str, ...]]) -> Finding:
    identity = (gate.suite, drill.experiment, drill.failure_mode, requirement.id)
    seen[identity] += 1
    return Finding(
        rule=plain(requirement.id) or DRILL_RULE,
        title=plain(requirement.title),
        drill=plain(drill.title),
        message=plain(requirement.why or drill.why, SENTENCE) or "no reason was given",
        next_command=plain(drill.next_command, SENTENCE),
        place=requirement.begin_at or gate.suite_at,
        fingerprint=hashlib.sha256(repr((*identity, seen[identity])).encode()).hexdigest(),
    )
