"""Injects that show what was seen in a recorded run: alerts, figures, what commands printed. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from scoring.playbook.figure import write_duration
from scoring.tabletop.inject import Shown
from simulator.drill.tabletops.duties import MINUTE, Course, Inject, at, first_actions
from simulator.drill.tabletops.recorded import Minute, Recorded
from simulator.drill.tabletops.runbooks import bullets_of
from simulator.drill.tabletops.source import Source

_ROWS = 12
_MOST_BLOCKS = 3


def page(source: Source, course: Course) -> Inject:
    """The page: from here on something is wrong, and users feel it."""
    first, impact = source.run.alerts[0], source.run.impact
    seen = {"error_share": impact.error_share, "p95_ms": impact.p95_ms, "users_share": impact.users_share}
    felt = Shown.model_validate({"event": "impact.started", **{n: v for n, v in seen.items() if v is not None}})
    return {
        "id": "the-page",
        "at": "0m",
        "title": f"{first.name} is firing",
        "from": "the monitor",
        "channel": "page",
        "kind": "alert",
        "text": _lines(f"**{first.name}**: {first.summary or 'no summary'}", first.description),
        "shows": [
            {"event": "fault.injected"},
            {"event": "impact.started", **felt.data()},
            {"event": "alert.firing", "alert": first.name},
        ],
        "note": 'If nobody speaks, ask "Who has this?" and no more.',
        "expects": first_actions(course),
    }


def later_alerts(run: Recorded, before_s: float) -> Iterator[Inject]:
    """Alerts that came later, as far after the page as they did."""
    for number, alert in enumerate(run.alerts[1:], 2):
        after_s = min(max(MINUTE, alert.after_s), before_s - MINUTE)
        told = "It names the same fault." if alert.names_cause else "It follows from the fault and names nothing new."
        yield {
            "id": f"alert-{number}",
            "at": at(after_s),
            "title": f"{alert.name} is firing as well",
            "from": "the monitor",
            "channel": "page",
            "kind": "alert",
            "text": _lines(f"**{alert.name}**: {alert.summary or 'no summary'}", alert.description),
            "shows": [{"event": "alert.firing", "alert": alert.name}],
            "note": told,
        }


def dashboard(run: Recorded) -> Inject:
    """What users were served around the page."""
    rows = [minute for minute in run.minutes if minute.at <= 2][-_ROWS:]
    return {
        "id": "what-users-meet",
        "at": "2m",
        "title": "What the dashboard shows",
        "from": "the dashboard",
        "channel": "dashboard",
        "kind": "information",
        "text": _table(rows, now=2) if rows else "No load was measured.",
    }


def _table(rows: Sequence[Minute], now: int) -> str:
    """Minutes as people count them back from now."""
    lines = ["| minutes ago | requests a second | fail | p95 |", "|---|---|---|---|"]
    for row in rows:
        share = "–" if row.error_share is None else f"{row.error_share * 100:.1f} %"
        slow = "–" if row.p95_ms is None else f"{row.p95_ms:,.0f} ms"
        lines.append(f"| {now - row.at} | {row.per_second:.0f} | {share} | {slow} |")
    return "\n".join(lines) + "\n"


def symptoms(text: str) -> Iterator[Inject]:
    """What the runbook says is seen."""
    points = bullets_of(text)
    if points:
        yield {
            "id": "what-is-seen",
            "at": "3m",
            "title": "What a first look shows",
            "from": "logs and metrics",
            "channel": "terminal",
            "kind": "symptom",
            "text": "\n".join(f"- {point}" for point in points) + "\n",
            "note": "Whoever asks for a log or a metric gets this, and may get it sooner.",
        }


def investigation(text: str, source: Source) -> Iterator[Inject]:
    """What the runbook looks at, with what it printed; the last look calls for a diagnosis."""
    blocks = [block.strip() for block in text.split("```")[1::2]][:_MOST_BLOCKS]
    printed = {ran.command: ran.output for ran in source.run.ran}
    for number, block in enumerate(blocks, 1):
        command = block.partition("\n")[2].strip()
        output = printed.get(command, "")
        shown = f"\n\n{output}" if output else ""
        last = number == len(blocks)
        yield {
            "id": f"looking-{number}",
            "at": at((13 + 3 * number) * MINUTE),
            "title": "Somebody looks closer",
            "from": "the terminal",
            "channel": "terminal",
            "kind": "symptom",
            "text": f"```\n$ {command}{shown}\n```\n",
            "note": "This is what it printed in the run." if output else _unprinted(source),
            **({"expects": [_diagnosis(source)]} if last else {}),
        }
    if not blocks:
        yield {
            "id": "looking-1",
            "at": "16m",
            "title": "What is it?",
            "from": "a colleague",
            "channel": "chat",
            "kind": "question",
            "text": "Do we know what it is by now?",
            "note": _unprinted(source),
            "expects": [_diagnosis(source)],
        }


def _unprinted(source: Source) -> str:
    return f"Nobody ran it in the recorded run. It would show this: {source.experiment.title}."


def _diagnosis(source: Source) -> dict[str, Any]:
    truth = source.experiment.truth
    return {
        "id": "diagnose",
        "text": f"The cause is named: {source.experiment.title}.",
        "objective": "diagnose",
        "within": "8m",
        "answers": {
            "event": "diagnosis.submitted",
            "component": truth["component"],
            "failure_mode": source.experiment.name,
        },
    }


def served(run: Recorded, course: Course) -> Inject:
    """Users are served again, once the room has mitigated."""
    until = int(run.served_s // MINUTE) + 1 if run.served_s is not None else 0
    rows = [minute for minute in run.minutes if minute.at <= until][-_ROWS // 2 :]
    took = f" In the run it took {write_duration(run.served_s // 1)} from the page." if run.served_s is not None else ""
    resolved = [{"event": "alert.resolved", "alert": alert.name} for alert in run.alerts]
    return {
        "id": "served-again",
        "at": at(course.served_s),
        "title": "Requests go through",
        "from": "the dashboard",
        "channel": "dashboard",
        "kind": "served-again",
        "text": _table(rows, now=until) if rows and until else "No request fails any more.",
        "shows": [{"event": "impact.ended"}, *resolved],
        "note": f"It comes only when the room has mitigated.{took}",
        "waits_for": ["mitigate"],
    }


def _lines(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
