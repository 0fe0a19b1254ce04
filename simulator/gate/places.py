"""Where the mend of a missed requirement begins: the line of an alert's rule, or of a runbook."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import yaml
from markdown_it import MarkdownIt

from scoring.scorecard import Scorecard
from simulator.drill.documents import read_document, shown
from simulator.drill.experiment import EXTENSION, Experiment
from simulator.drill.following import MITIGATE
from simulator.drill.scenario import Scenario
from simulator.report.gate import Place
from simulator.report.models import DrillResult

Kind = Literal["detection", "noise", "mitigation"]
_KINDS: dict[str, Kind] = {
    "ttd": "detection",
    "detect": "detection",
    "noise": "noise",
    "false_alarm": "noise",
    "ttm": "mitigation",
    "ttr": "mitigation",
    "mitigate": "mitigation",
    "close": "mitigation",
    "requests_failed": "mitigation",
    "hard_fails": "mitigation",
}


def begin_at(missed: str, scenario: Scenario, rules: Sequence[Path], attempts: Sequence[DrillResult]) -> Place | None:
    """The place for a requirement's id, such as `sla.ttd`; None where people alone can do better.

    Detection begins at the rule of the alert that should have fired, noise at the rule of the one that should not
    have; mitigation at the block of the runbook that failed, else at its heading. A score begins where most was lost.
    """
    name = missed.rpartition(".")[2]
    cards = [attempt.scorecard for attempt in attempts if attempt.scorecard]
    kind = _KINDS.get(_weakest(cards[-1]) if name == "score" and cards else name)
    if kind == "detection":
        return _rule(scenario.alerts, rules) or _claim(scenario.experiments[0])
    if kind == "noise":
        return _rule([alert for card in cards for alert in _loud(card, scenario)], rules)
    return _runbook(scenario, attempts) if kind == "mitigation" else None


def alert_line(text: str, alert: str) -> int | None:
    """The line of an alert's rule in a rule file, from 1; None if it is not there."""
    file = yaml.compose(text, Loader=yaml.CSafeLoader)
    return next((line for line, name in _alerts(file) if name == alert), None)


def block_line(runbook: str, commands: Collection[str]) -> int | None:
    """The line of the first block of a runbook that is one of `commands`."""
    blocks = (token for token in MarkdownIt().parse(runbook) if token.type == "fence" and token.map)
    return next((token.map[0] + 1 for token in blocks if token.map and token.content.strip() in commands), None)


def heading_line(runbook: str, heading: str) -> int:
    """The line of a heading of a runbook; the first one if it has none."""
    tokens = MarkdownIt().parse(runbook)
    for opening, words in pairwise(tokens):
        if opening.type == "heading_open" and opening.map and words.content.strip() == heading:
            return opening.map[0] + 1
    return 1


def _weakest(card: Scorecard) -> str:
    lost = {name: each.weight - each.points for name, each in card.dimensions.items() if each.points is not None}
    return max(lost, key=lost.__getitem__, default="")


def _loud(card: Scorecard, scenario: Scenario) -> tuple[str, ...]:
    """What fired for nothing: in a control drill every alert did."""
    noise = card.noise_alerts.alerts
    return (*noise, *card.accepted_alerts.alerts, *card.collateral_alerts.alerts) if scenario.is_control else noise


def _rule(alerts: Iterable[str], rules: Sequence[Path]) -> Place | None:
    texts = [(path, path.read_text(encoding="utf-8")) for path in rules]
    for alert in alerts:
        for path, text in texts:
            if line := alert_line(text, alert):
                return Place(path=shown(path), line=line)
    return None


def _claim(experiment: Experiment) -> Place:
    """The experiment's own word for which alerts detect it: none of those is in a rule file."""
    document = read_document(experiment.path)
    index = next(i for i, each in enumerate(document.data["extensions"]) if each.get("name") == EXTENSION)
    return Place(path=shown(experiment.path), line=document.line("extensions", index, "alerts"))


def _runbook(scenario: Scenario, attempts: Sequence[DrillResult]) -> Place:
    failed = {command for attempt in attempts for command in _failed_commands(attempt)}
    texts = {each.runbook: each.runbook.read_text(encoding="utf-8") for each in scenario.experiments}
    for path, text in texts.items():
        if line := block_line(text, failed):
            return Place(path=shown(path), line=line)
    path, text = next(iter(texts.items()))
    return Place(path=shown(path), line=heading_line(text, MITIGATE))


def _failed_commands(attempt: DrillResult) -> Iterator[str]:
    for event in attempt.timeline.events if attempt.timeline else ():
        if event.kind == "action.taken" and event.data.get("by") == "shell" and event.data.get("exit_status"):
            yield event.text("command").strip()


def _alerts(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """(line, name) of every `alert:` below a node."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _alerts(item)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "alert":
                yield key.start_mark.line + 1, value.value
            yield from _alerts(value)
