"""JUnit XML: a suite for each drill, a case for each requirement.

The shape is that of the xUnit plug-in of Jenkins (`junit-10.xsd`), the strictest that is in use: cases have neither
properties nor files of their own. Red cases are exactly those of a gate that did not pass.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.etree import ElementTree

from simulator.report.gate import Gate, GatedDrill, Requirement, RequirementVerdict
from simulator.report.models import DrillResult
from simulator.report.pipeline.findings import SENTENCE, next_step
from simulator.report.sentences import plain
from simulator.report.spread import against_limit, amount, middle, spread

Mark = Literal["failure", "error", "skipped"]


def render_junit(gate: Gate) -> str:
    """The file. Times are wall seconds: of a suite what its attempts took, of a case what it measured."""
    root = ElementTree.Element("testsuites", name=plain(gate.title) or "gate")
    names, classes = _Names(), _Names()
    for number, drill in enumerate(gate.drills, start=1):
        name = names.distinct(plain(drill.title) or f"drill {number}")
        classname = classes.distinct(f"{plain(gate.suite)}.{plain(drill.failure_mode)}")
        root.append(_suite(gate, drill, name, number, classname))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.attrib[count]) for suite in root)))
    root.set("time", f"{max(0.0, (gate.ended_at - gate.started_at).total_seconds()):.3f}")
    ElementTree.indent(root)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"


class _Names:
    """Names that came before, so that each is had once: readers know a case by its class and name."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def distinct(self, name: str) -> str:
        self._taken[name] += 1
        return name if self._taken[name] == 1 else f"{name} ({self._taken[name]})"


@dataclass(frozen=True)
class _Case:
    name: str
    verdict: RequirementVerdict
    mark: Mark | None
    message: str
    details: tuple[str, ...] = ()
    wall_s: float = 0.0


def _suite(gate: Gate, drill: GatedDrill, name: str, number: int, classname: str) -> ElementTree.Element:
    cases = list(_cases(gate, drill))
    suite = ElementTree.Element("testsuite", name=name, id=str(number))
    suite.set("tests", str(len(cases)))
    for mark, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.mark == mark for case in cases)))
    suite.set("time", f"{sum(_wall_s(attempt) for attempt in drill.attempts):.3f}")
    suite.set("timestamp", f"{_began_at(gate, drill):%Y-%m-%dT%H:%M:%S}")
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in _properties(gate, drill):
        ElementTree.SubElement(properties, "property", name=key, value=value)
    taken = _Names()
    for case in cases:
        _add_case(suite, case, taken.distinct(case.name), classname)
    ElementTree.SubElement(suite, "system-out").text = _said(drill)
    return suite


def _add_case(suite: ElementTree.Element, case: _Case, name: str, classname: str) -> None:
    element = ElementTree.SubElement(suite, "testcase", name=name, classname=classname, time=f"{case.wall_s:.3f}")
    if case.mark is not None:
        told = ElementTree.SubElement(element, case.mark, type=case.verdict.replace("_", " "), message=case.message)
        told.text = "\n".join(line for line in (case.message, *case.details) if line)


def _cases(gate: Gate, drill: GatedDrill) -> Iterator[_Case]:
    """A case for each requirement, and one for the drill itself where no requirement shows what became of it."""
    cases = [_case(gate, drill, requirement) for requirement in drill.requirements]
    marks = {case.mark for case in cases}
    why = plain(drill.why, SENTENCE)
    if drill.outcome == "failed" and "failure" not in marks:
        yield _Case("The drill", "missed", "failure", why, (next_step(drill.next_command),))
    if drill.outcome == "inconclusive" and "error" not in marks:
        yield _Case("The drill can be judged", "not_judged", "error", why, (next_step(drill.next_command),))
    yield from cases


def _case(gate: Gate, drill: GatedDrill, requirement: Requirement) -> _Case:
    taken = middle(requirement.seen) if requirement.unit == "drill_seconds" else None
    place = requirement.begin_at
    return _Case(
        name=plain(requirement.title) or plain(requirement.id) or "requirement",
        verdict=requirement.verdict,
        mark=_mark(drill, requirement),
        message=plain(requirement.why or drill.why, SENTENCE),
        details=(
            f"seen {against_limit(requirement)}",
            f"begin at {plain(place.path, SENTENCE)}:{place.line}" if place else "",
            next_step(drill.next_command) if requirement.verdict != "not_assessed" else "",
        ),
        wall_s=max(0.0, taken / gate.clock) if taken is not None else 0.0,
    )


def _mark(drill: GatedDrill, requirement: Requirement) -> Mark | None:
    """A drill that could not be judged has errors and no failures; one that was judged has no errors."""
    if requirement.verdict == "missed":
        return "error" if drill.outcome == "inconclusive" else "failure"
    if requirement.verdict == "not_judged":
        return "error" if drill.outcome == "inconclusive" else "skipped"
    return "skipped" if requirement.verdict == "not_assessed" else None


def _properties(gate: Gate, drill: GatedDrill) -> Iterator[tuple[str, str]]:
    yield from (("outcome", drill.outcome), ("attempts", str(len(drill.attempts))))
    yield from (("experiment", plain(drill.experiment)), ("failure_mode", plain(drill.failure_mode)))
    yield from (("playbook", plain(gate.playbook)), ("responder", plain(gate.responder)), ("clock", f"{gate.clock:g}"))
    card = next((attempt.scorecard for attempt in reversed(drill.attempts) if attempt.scorecard), None)
    if card is not None:
        yield "severity.expected", plain(card.expected_severity) or "none"
        yield "severity.declared", plain(card.declared_severity) or "none"
    for requirement in drill.requirements:
        if any(value is not None for value in requirement.seen):
            yield f"spread.{plain(requirement.id)}", spread(requirement.seen, requirement.unit)
        if requirement.limit is not None:
            yield f"limit.{plain(requirement.id)}", amount(requirement.limit, requirement.unit)


def _said(drill: GatedDrill) -> str:
    lines = [f"{drill.outcome}: {plain(drill.why, SENTENCE)}", f"played {_attempts(drill)}"]
    for number, attempt in enumerate(drill.attempts, start=1):
        card = attempt.scorecard
        score = "no score" if card is None or card.score is None else f"{card.score:.1f} points"
        reason = plain(attempt.reason, SENTENCE)
        lines.append(f"attempt {number}: {attempt.verdict}, {score}" + (f", {reason}" if reason else ""))
    return "\n".join([*lines, next_step(drill.next_command)]).rstrip()


def _attempts(drill: GatedDrill) -> str:
    return f"{len(drill.attempts)} attempt{'' if len(drill.attempts) == 1 else 's'}"


def _began_at(gate: Gate, drill: GatedDrill) -> datetime:
    return next((a.timeline.drill.started_at for a in drill.attempts if a.timeline), gate.started_at)


def _wall_s(attempt: DrillResult) -> float:
    if attempt.timeline is None:
        return 0.0
    drill = attempt.timeline.drill
    ends = [drill.ended_at] if drill.ended_at else [event.occurred_at for event in attempt.timeline.events]
    return max(0.0, (max(ends, default=drill.started_at) - drill.started_at).total_seconds())
