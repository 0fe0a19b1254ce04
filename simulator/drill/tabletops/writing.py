"""A scenario out of an experiment, its runbook and a recorded run: valid as it stands, to be edited. Pure."""

from collections.abc import Iterator
from math import ceil
from typing import Any

import yaml

from scoring.playbook import DIMENSIONS, Level
from scoring.playbook.figure import parse_duration, write_duration
from simulator.drill.runbook import sections_of
from simulator.drill.tabletops.asked import all_clear, false_alarm, mitigation, proposals, what_follows
from simulator.drill.tabletops.duties import MINUTE, Course, Inject, calls, updates
from simulator.drill.tabletops.recorded import Recorded
from simulator.drill.tabletops.seen import dashboard, investigation, later_alerts, page, served, symptoms
from simulator.drill.tabletops.source import Source

_SERVED_AT_LEAST_S = 30 * MINUTE
"""A room talks; what a script does in two minutes takes it half an hour."""
_AFTERWARDS_S = 20 * MINUTE
_OBJECTIVES = {
    "acknowledge": (
        "It is taken at once, and everybody knows by whom.",
        ["the page is acknowledged", "roles are said"],
    ),
    "classify": ("It is taken as gravely as the playbook wants.", ["the table is read", "the level has a reason"]),
    "communicate": (
        "All who have to know hear in time.",
        ["the first update is in time", "the next ones come on the clock"],
    ),
    "escalate": ("Whoever has to be called is called.", ["the rules for calls are read when the level is declared"]),
    "diagnose": (
        "The cause is found by looking.",
        ["what is seen is written down", "the cause is named with what shows it"],
    ),
    "mitigate": (
        "The right thing is done first, and nothing is made worse.",
        ["proposals are held against what is known"],
    ),
    "close": (
        "It is closed when it is over, and something follows.",
        ["users are watched first", "the review has an owner"],
    ),
}


def write_scenario(source: Source, title: str | None = None, level: Level | None = None) -> str:
    """The YAML of the scenario.

    The `level` that is called for is the graver of what truth and run say, where it is not given.
    """
    data = _scenario(source, title or "As it was recorded", level or _level_of(source))
    run = source.run
    head = (
        f"# A tabletop out of {source.experiment.name}, as it went on {run.played_at:%Y-%m-%d} in drill {run.drill}.\n"
        "# Figures, alerts and what commands printed are that run's; people and what they say are made up. Make them\n"
        "# yours, then check it: gameday tabletop validate FILE\n"
    )
    return head + yaml.dump(data, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=110)


def _injects(source: Source, course: Course) -> Iterator[Inject]:
    """Every inject, in no order: what was recorded, what the playbook wants done, what people say."""
    sections = sections_of(source.runbook)
    yield page(source, course)
    yield from later_alerts(source.run, course.served_s)
    yield dashboard(source.run)
    yield from symptoms(sections.get("Symptoms", ""))
    yield from updates(course)
    yield from calls(course)
    yield false_alarm()
    yield from proposals(source.experiment)
    yield from investigation(sections.get("Investigate", ""), source)
    yield mitigation(sections, source.run)
    yield served(source.run, course)
    yield all_clear(course)
    yield what_follows(course)


def _level_of(source: Source) -> Level:
    book, told = source.playbook, source.experiment.truth["severity"]
    return book.level(book.graver(told.get(book.name), source.run.severity) or source.run.severity)


def _scenario(source: Source, title: str, level: Level) -> dict[str, Any]:
    experiment, run, book = source.experiment, source.run, source.playbook
    served_s = max(_SERVED_AT_LEAST_S, ceil((run.served_s or 0.0) / (5 * MINUTE)) * 5 * MINUTE)
    held_s = served_s + ceil(book.verification.window.value / MINUTE) * MINUTE
    course = Course(book, level, experiment.failure_mode, served_s, held_s)
    injects = sorted(_injects(source, course), key=lambda inject: parse_duration(inject["at"]))
    shown = {action["objective"] for inject in injects for action in inject.get("expects", ())}
    return {
        "name": experiment.failure_mode,
        "title": title,
        "playbook": book.name,
        "duration": write_duration(held_s + _AFTERWARDS_S),
        "situation": _situation(run),
        "summary": _summary(source),
        "truth": {
            "failure_mode": experiment.name,
            "component": experiment.truth["component"],
            "neighbours": list(experiment.truth["neighbours"]),
            "severity": level.id,
            "alerts": [alert.name for alert in run.alerts if alert.names_cause],
        },
        "not_assessed": ["detect", "mitigate"],
        "objectives": [
            {"id": name, "dimension": name, "text": _OBJECTIVES[name][0], "tasks": _OBJECTIVES[name][1]}
            for name in DIMENSIONS
            if name in shown
        ],
        "participants": [{"role": role.id} for role in book.roles],
        "injects": [_to_everybody(inject) for inject in injects],
        "hot_wash": [
            "What did we know at the tenth minute, and who knew it?",
            "Which line of the runbook or the playbook did we look for and not find?",
            "What would have been different at three at night?",
        ],
    }


def _to_everybody(inject: Inject) -> Inject:
    """In the order in which people read it, for everybody."""
    head = {name: inject[name] for name in ("id", "at", "title", "from")}
    return {**head, "to": ["everybody"], **{n: v for n, v in inject.items() if n not in head}}


def _situation(run: Recorded) -> str:
    usual, told = run.usual, []
    if usual is not None and usual.requests_per_s is not None:
        told.append(f"Users send about {usual.requests_per_s:.0f} requests a second.")
    if usual is not None and usual.error_share is not None:
        told.append(f"{usual.error_share * 100:.1f} % of them fail.")
    if usual is not None and usual.p95_ms is not None:
        told.append(f"The p95 is {usual.p95_ms:,.0f} ms.")
    return " ".join(["It is an ordinary day.", *told, "Nothing is planned, and nobody is away."]) + "\n"


def _summary(source: Source) -> str:
    run = source.run
    worst = f"{run.impact.error_share * 100:.0f} % of requests failed at the worst"
    ended = f", and users were served again {write_duration(run.served_s // 1)} after the page" if run.served_s else ""
    return (
        f"{source.experiment.title}.\n\n"
        f"In the run of {run.played_at:%Y-%m-%d} {run.alerts[0].name} paged first, {worst}{ended}.\n\n"
        "Here users are served again later, for a room talks. Good rooms look before they act, and tell people "
        "meanwhile.\n"
    )


class _Blocks(yaml.SafeDumper):
    """Texts of several lines as blocks, as people write them; nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Blocks.add_representer(str, _text)
