"""Relabelling: the small rewriting language over label sets that Prometheus' configuration has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.monitor.patterns import anchored, expand

ACTIONS = ("replace", "keep", "drop", "labelmap", "labelkeep", "labeldrop")


@dataclass(frozen=True, slots=True)
class Relabelling:
    """One step; the defaults are Prometheus'."""

    source_labels: tuple[str, ...] = ()
    separator: str = ";"
    regex: str = "(.*)"
    target_label: str = ""
    replacement: str = "$1"
    action: str = "replace"


def relabel(labels: Mapping[str, str], steps: Sequence[Relabelling]) -> dict[str, str] | None:
    """The labels after all steps, without empty ones; None if a step drops the whole set."""
    current: dict[str, str] | None = dict(labels)
    for step in steps:
        if current is None:
            return None
        current = _apply(current, step)
    return None if current is None else {name: value for name, value in current.items() if value}


def _apply(labels: dict[str, str], step: Relabelling) -> dict[str, str] | None:
    pattern = anchored(step.regex)
    match step.action:
        case "labelmap":
            mapped = dict(labels)
            for name, value in labels.items():
                if found := pattern.fullmatch(name):
                    mapped[expand(step.replacement, found)] = value
            return mapped
        case "labelkeep":
            return {name: value for name, value in labels.items() if pattern.fullmatch(name)}
        case "labeldrop":
            return {name: value for name, value in labels.items() if not pattern.fullmatch(name)}
    found = pattern.fullmatch(step.separator.join(labels.get(name, "") for name in step.source_labels))
    if step.action in ("keep", "drop"):
        return labels if (found is not None) is (step.action == "keep") else None
    if found is None:
        return labels
    return {**labels, expand(step.target_label, found): expand(step.replacement, found)}
