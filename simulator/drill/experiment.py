"""An experiment as a drill sees it: a Chaos Toolkit file and the ground truth in its `gameday` extension."""

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from simulator.drill.catalog import nearest
from simulator.drill.documents import Document, read_document
from simulator.drill.false_cures import Temptations

EXTENSION = "gameday"
IMPACTS = ("users", "none")
"""Whom a fault is felt by: users, or nobody, where an alert is all that tells of it."""
_WORKLOAD = re.compile(r"(deployment|statefulset)/[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@dataclass(frozen=True)
class Experiment:
    """One failure mode, ready to be played. `truth` is the published truth of a timeline.

    `nodes` is how many the cluster has to have; `longest_life_s` is wall seconds. `fits_any_app`: of the sample
    app it knows nothing but defaults.
    """

    path: Path
    name: str
    title: str
    truth: dict[str, Any]
    runbook: Path
    longest_life_s: float
    nodes: int = 1
    fits_any_app: bool = False
    temptations: Temptations = field(default_factory=Temptations)

    @property
    def failure_mode(self) -> str:
        """Which one: the name of its folder."""
        return str(self.truth["failure_mode"])

    @property
    def family(self) -> str:
        """The folder that it lies in, such as `database`."""
        return self.path.parent.parent.name

    @property
    def folder(self) -> Path:
        """Where the file lies; Chaos Toolkit runs there, so that a spec's path may be relative."""
        return self.path.parent


def read_experiment(path: Path, *, alerts: list[str] | None = None) -> Experiment:
    """Read and check one experiment. `alerts` are the names that the rule files know (None: not checked).

    Raises `BadInput` that names file, line and mend.
    """
    document = read_document(path)
    for key in ("title", "method"):
        if key not in document.data:
            raise document.fail(f"'{key}' is missing; a Chaos Toolkit experiment has one")
    index, truth = _extension(document)
    at: tuple[str | int, ...] = ("extensions", index)
    for key in ("failure_mode", "component", "severity", "alerts", "runbook", "fault"):
        if key not in truth:
            raise document.fail(f"the extension '{EXTENSION}' has no '{key}'", *at)
    _check_alerts(document, truth, "alerts", alerts, at)
    _check_alerts(document, truth, "consequences", alerts, at)
    if not truth["alerts"]:
        raise document.fail("'alerts' lists the alert names that count as detection", *at, "alerts")
    _check_steps(document, truth["fault"], at)
    _check_choices(document, truth, at)
    runbook = path.parent / str(truth["runbook"])
    if not runbook.is_file():
        raise document.fail(f"the runbook '{truth['runbook']}' is not beside the experiment", *at, "runbook")
    return Experiment(
        path=path,
        name="/".join(path.parent.parts[-2:]),
        title=str(document.data["title"]),
        truth={
            "failure_mode": truth["failure_mode"],
            "component": truth["component"],
            "neighbours": truth.get("neighbours", []),
            "severity": truth["severity"],
            "alerts": truth["alerts"],
            "consequences": truth.get("consequences", []),
            "impact": truth.get("impact", IMPACTS[0]),
        },
        runbook=runbook,
        longest_life_s=float(truth.get("longest_life_s", 900.0)),
        nodes=int(truth.get("nodes", 1)),
        fits_any_app=truth.get("any_app", False) is True,
        temptations=Temptations(**truth.get("oracle", {})),
    )


def check_severity(experiment: Experiment, playbook: str, levels: list[str]) -> None:
    """What the truth says for the playbook in use must be one of its levels. Raises `BadInput`."""
    document = read_document(experiment.path)
    index, _ = _extension(document)
    given = experiment.truth["severity"].get(playbook)
    if given is not None and given not in levels:
        raise document.fail(
            f"'{given}' is no severity of the playbook '{playbook}'{nearest(str(given), levels)}",
            "extensions",
            index,
            "severity",
            playbook,
        )


def _extension(document: Document) -> tuple[int, dict[str, Any]]:
    for index, extension in enumerate(document.data.get("extensions") or []):
        if isinstance(extension, dict) and extension.get("name") == EXTENSION:
            return index, extension
    raise document.fail(
        f"no ground truth: add an entry named '{EXTENSION}' under 'extensions' "
        "(failure_mode, component, severity, alerts, runbook, fault)",
        "extensions",
    )


def _check_alerts(
    document: Document, truth: dict[str, Any], key: str, known: list[str] | None, at: tuple[str | int, ...]
) -> None:
    given = truth.get(key, [])
    if not isinstance(given, list):
        raise document.fail(f"'{key}' is a list of alert names", *at, key)
    for index, name in enumerate(given):
        if known is not None and name not in known:
            raise document.fail(f"alert '{name}' is in no rule file{nearest(str(name), known)}", *at, key, index)


def _check_steps(document: Document, fault: Any, at: tuple[str | int, ...]) -> None:
    """A fault is one step, or a list of steps: an activity that injects, and a probe that sees the effect."""
    names = [step.get("name") for step in document.data["method"] if isinstance(step, dict)]
    for step in fault if isinstance(fault, list) and fault else [fault]:
        for part in ("activity", "effect"):
            name = step.get(part) if isinstance(step, dict) else None
            if name not in names:
                raise document.fail(
                    f"'fault.{part}' must name a step of the method, not {name!r}"
                    f"{nearest(str(name), [str(n) for n in names])}",
                    *at,
                    "fault",
                    part,
                )


def _check_choices(document: Document, truth: dict[str, Any], at: tuple[str | int, ...]) -> None:
    if truth.get("impact", IMPACTS[0]) not in IMPACTS:
        raise document.fail(f"'impact' is one of {', '.join(IMPACTS)}", *at, "impact")
    given, known = truth.get("oracle", {}), [field.name for field in fields(Temptations)]
    if not isinstance(given, dict) or not given.keys() <= set(known):
        raise document.fail(f"'oracle' has {', '.join(known)}, and nothing else", *at, "oracle")
    workload = given.get("workload")
    if workload is not None and not _WORKLOAD.fullmatch(str(workload)):
        raise document.fail(
            f"'workload' is a deployment or statefulset, such as deployment/worker, not {workload!r}",
            *at,
            "oracle",
            "workload",
        )
    nodes = truth.get("nodes", 1)
    if not isinstance(nodes, int) or not 1 <= nodes <= 32:
        raise document.fail(f"'nodes' is how many nodes the cluster needs, 1 to 32, not {nodes!r}", *at, "nodes")
