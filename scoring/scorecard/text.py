"""A scorecard as plain text of at most 100 columns, for a terminal, a log or a mail: drill time, wall time beside."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from scoring.scorecard.cards import AlertCard, DimensionCard, MeasureCard, Scorecard
from scoring.scorecard.sla import TITLES, spell

WIDTH = 100
_VERDICTS = {"met": "met", "missed": "missed", "censored": "censored", "not_assessed": "not assessed"}


def render(card: Scorecard) -> str:
    """The whole scorecard as lines; the last one ends with a line break."""
    sections = (
        _head(card),
        _measures(card),
        _dimensions(card),
        _hints(card),
        _hard_fails(card),
        _faults(card),
        _conditions(card),
        _reported(card),
        _alerts(card),
    )
    return "\n".join("\n".join(lines) + "\n" for section in sections if (lines := list(section)))


def _head(card: Scorecard) -> Iterator[str]:
    verdict = "hard fail" if card.hard_fails and card.verdict == "scored" else card.verdict
    score = f"{card.score:.2f} of 100, mark {card.mark}" if card.score is not None else f"no score: {verdict}"
    slas = "SLAs met" if card.sla_met else "SLAs not met" if card.verdict == "scored" else "SLAs not judged"
    yield from _wrapped(f"Drill {card.drill} under {card.playbook}, {card.clock:g} drill seconds a second")
    yield f"{score}; {slas}"
    if card.why:
        yield from _wrapped(card.why)
    yield from _wrapped(
        f"Severity: {card.expected_severity or 'none'} expected, {card.declared_severity or 'none'} declared"
    )
    if card.requests:
        share = card.requests_failed / card.requests
        failed = f"{card.requests_failed:,} of {card.requests:,} requests failed ({share:.1%})"
        yield f"Users: {failed} from onset to {'mitigation' if card.mitigated else 'the end'}"


def _measures(card: Scorecard) -> Iterator[str]:
    yield _row("Time to", "took", "wall", "SLA", "verdict", "grade")
    for name, measure in card.measures.items():
        yield _measure(TITLES.get(name, name), measure)
        if measure.verdict in ("censored", "not_assessed"):
            yield from _wrapped(measure.why, "  ")


def _measure(title: str, measure: MeasureCard) -> str:
    took = "–" if measure.drill_seconds is None else spell(measure.drill_seconds)
    wall = "–" if measure.wall_seconds is None else f"{measure.wall_seconds:.1f} s"
    sla = "–" if measure.sla_seconds is None else spell(measure.sla_seconds)
    grade = "–" if measure.grade is None else f"{measure.grade:.2f}"
    return _row(title, took, wall, sla, _VERDICTS[measure.verdict], grade)


def _row(title: str, took: str, wall: str, sla: str, verdict: str, grade: str) -> str:
    return f"{title:<14}{took:>12}{wall:>12}{sla:>12}   {verdict:<14}{grade:>6}"


def _dimensions(card: Scorecard) -> Iterator[str]:
    yield f"{'Dimension':<14}{'points':>16}   mark"
    for name, dimension in card.dimensions.items():
        yield f"{name:<14}{_points(dimension):>16}   {dimension.mark or '–'}"
        if dimension.grade is None or dimension.grade < 1:
            yield from _wrapped(dimension.why, "  ")
            yield from _shown(dimension.events)


def _points(dimension: DimensionCard) -> str:
    return "not assessed" if dimension.points is None else f"{dimension.points:.2f} of {dimension.weight:.2f}"


def _hints(card: Scorecard) -> Iterator[str]:
    if card.hints is not None:
        yield "Hints"
        yield from _wrapped(card.hints.why, "  ")
        yield from _shown(card.hints.events)


def _hard_fails(card: Scorecard) -> Iterator[str]:
    if card.hard_fails:
        yield "Hard fails"
    for fail in card.hard_fails:
        yield from _wrapped(f"{fail.what}: {fail.why}", "  ")
        yield from _shown(fail.events)


def _faults(card: Scorecard) -> Iterator[str]:
    """Of several causes, which was first and what became of each."""
    if len(card.faults) < 2:
        return
    yield "Causes"
    for fault in card.faults:
        which = "first cause" if fault.is_first_cause else "another cause"
        by = f"detected by {fault.detected_by} after {spell(fault.drill_seconds or 0.0)}"
        detected = by if fault.detected_at is not None else "not detected by an alert of its own"
        gone = {True: "gone", False: "still there at the end", None: "nobody looked whether it is gone"}[fault.is_gone]
        yield from _wrapped(f"{fault.failure_mode} ({which}): {detected}; {gone}", "  ")


def _conditions(card: Scorecard) -> Iterator[str]:
    if card.conditions:
        yield "Conditions of mitigated"
    for condition in card.conditions:
        ok = {True: "yes", False: "no", None: "not seen"}[condition.ok]
        yield from _wrapped(f"{condition.name}: {ok}; {condition.seen}", "  ")


def _reported(card: Scorecard) -> Iterator[str]:
    if card.reported:
        yield "Reported beside observed"
    for name, report in card.reported.items():
        gap = f" ({_gap(report.gap_seconds)})" if report.false_all_clear and report.gap_seconds is not None else ""
        yield from _wrapped(f"{name}: {report.why}{gap}", "  ")


def _gap(gap_s: float) -> str:
    return f"reported {spell(abs(gap_s))} {'before' if gap_s < 0 else 'after'} it was so"


def _alerts(card: Scorecard) -> Iterator[str]:
    yield "Alerts"
    yield from _wrapped(f"accepted {_tally(card.accepted_alerts)}", "  ")
    if card.consequences:
        yield from _wrapped(f"consequences {_tally(card.consequence_alerts)}", "  ")
    yield from _wrapped(f"collateral {_tally(card.collateral_alerts)}", "  ")
    yield from _wrapped(f"noise {_tally(card.noise_alerts)}", "  ")


def _tally(alerts: AlertCard) -> str:
    names = [name or "unnamed" for name in alerts.alerts]
    return f"{alerts.count}: {', '.join(names)}" if names else str(alerts.count)


def _shown(events: Sequence[str]) -> Iterator[str]:
    if events:
        more = f" and {len(events) - 3} more" if len(events) > 3 else ""
        yield from _wrapped(f"shown by {', '.join(events[:3])}{more}", "    ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    """The text on lines of at most `WIDTH` columns."""
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ") or [indent]
