"""What a run was asked for, checked whole before anything starts."""

import os
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import httpx

from scoring.errors import ScoringError
from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook, playbook_text
from simulator.drill.app.suiting import Suited
from simulator.drill.catalog import experiment_file, nearest
from simulator.drill.clock import DrillClock
from simulator.drill.documents import read_document, shown
from simulator.drill.safeguards.written import Guards, guards_in, guards_of_experiment, guards_of_file
from simulator.drill.scenario import Scenario
from simulator.drill.suite import Suite, SuiteDrill, SuiteFile, read_suite
from simulator.drill.target import Target, find_target
from simulator.errors import BadInput, NotPossible

RESPONDERS = ("autopilot", "none")
DEFAULT_PLAYBOOK = "llm-research-lab"
Number = TypeVar("Number", int, float)
SPACE_NEEDED = 200 * 1024 * 1024
SIGNAL_PORT = 9646
"""Where the target's own prometheus.yml expects the load generator; a Prometheus of the user's scrapes it there."""


@dataclass(frozen=True)
class Options:
    """What the command line says; None where it is silent, so that a suite or a default decides."""

    playbook: str | None = None
    responder: str | None = None
    clock: float | None = None
    users: int | None = None
    variant: str | None = None
    json: Path | None = None
    report: Path | None = None
    control: bool = False
    keep: bool = False
    app: Path | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    prometheus: str | None = None
    safeguards: Path | None = None


@dataclass(frozen=True)
class Plan:
    """A game day, ready to be played."""

    title: str
    scenarios: tuple[Scenario, ...]
    playbook: Playbook
    playbook_text: str
    responder: str
    clock: DrillClock
    users: int
    target: Target
    root: Path
    options: Options
    not_assessed: tuple[str, ...] = ()
    """Dimensions that do not count here."""
    guards: tuple[Guards, ...] = ()
    """Safeguards of all drills."""

    @property
    def nodes(self) -> int:
        """How many nodes the embedded cluster has to have."""
        return max(experiment.nodes for scenario in self.scenarios for experiment in scenario.experiments)


def plan_experiments(names: list[str], options: Options, root: Path, *, at_once: bool = False) -> Plan:
    """A game day of single experiments, or one drill of all `at_once`. Raises `BadInput`."""
    files = [experiment_file(name) for name in names]
    if at_once and len(set(files)) < max(2, len(files)):
        raise BadInput("--together needs two experiments or more, each once")
    title = " + ".join(names) if len(names) <= 3 else f"{len(names)} experiments"
    drills = [files] if at_once else [[file] for file in files]
    return _plan(Suite(title=title, experiments=tuple(map(_drill, drills))), drills, options, root)


def plan_suite(name: str, options: Options, root: Path) -> Plan:
    """The game day that a suite describes; `options` win over it. Raises `BadInput`."""
    return plan_suite_file(read_suite(name), options, root)


def plan_suite_file(file: SuiteFile, options: Options, root: Path, *, needs_alerts: bool = True) -> Plan:
    """The game day of a suite that was read; its scenarios are the suite's drills, in order. Raises `BadInput`.

    `needs_alerts`: whether it is a mistake if an experiment is detected by an alert that no rule file has.
    """
    suite = file.suite.model_copy(update={"title": file.title})
    guards = guards_in(file.path, suite.safeguards)
    return _plan(suite, file.files, options, root, guards, needs_alerts=needs_alerts)


def _drill(files: Sequence[Path]) -> SuiteDrill:
    return SuiteDrill(experiment=tuple(map(str, files)))


def _plan(
    suite: Suite,
    files: Sequence[Sequence[Path]],
    options: Options,
    root: Path,
    *guards: Guards,
    needs_alerts: bool = True,
) -> Plan:
    target = find_target(options.app, root, options.variant or suite.variant)
    options = _on_its_cluster(options, target)
    clock = DrillClock(_first(options.clock, suite.clock, 60.0))
    users = _first(options.users, suite.users, target.load.users)
    if not 1 <= users <= 500:
        raise BadInput(f"--users: {users} is out of bounds; give 1 to 500 users, the load stays on this machine")
    responder = options.responder or suite.responder or RESPONDERS[0]
    if responder not in RESPONDERS:
        raise BadInput(f"--responder: '{responder}' is none{nearest(responder, list(RESPONDERS))}")
    playbook, text = _playbook(options.playbook or suite.playbook or DEFAULT_PLAYBOOK)
    suited = Suited(target, playbook, needs_alerts)
    scenarios = tuple(
        Scenario(tuple(suited.read(path) for path in at_once), is_control=options.control or drill.control)
        for at_once, drill in zip(files, suite.experiments, strict=True)
    )
    for experiment in (each for scenario in scenarios for each in scenario.experiments):
        guards_of_experiment(experiment.path)
    if options.safeguards is not None:
        guards = (*guards, guards_of_file(options.safeguards))
    check_cluster(options.kubeconfig, options.context)
    _check_prometheus(options)
    _check_outputs(options, root)
    return Plan(
        title=suite.title,
        scenarios=scenarios,
        playbook=playbook,
        playbook_text=text,
        responder=responder,
        clock=clock,
        users=users,
        target=target,
        root=root,
        options=options,
        not_assessed=suite.not_assessed,
        guards=tuple(each for each in (target.guards, *guards) if each.safeguards),
    )


def _on_its_cluster(options: Options, target: Target) -> Options:
    """An app that runs somewhere already is played on there, unless the command line names another place."""
    if options.kubeconfig is not None and target.commands:
        raise BadInput(f"--kubeconfig: {shown(target.file)} has commands, which only the embedded cluster runs")
    if options.kubeconfig is not None or target.existing is None:
        return options
    return replace(options, kubeconfig=target.existing.kubeconfig, context=target.existing.context)


def _playbook(name: str) -> tuple[Playbook, str]:
    try:
        playbook = load_playbook(name)
    except ScoringError as error:
        raise BadInput(f"--playbook: {error}") from None
    return playbook, playbook_text(name)


def _first(given: Number | None, planned: Number | None, default: Number) -> Number:
    return given if given is not None else planned if planned is not None else default


def check_cluster(kubeconfig: Path | None, context: str | None) -> None:
    """Whether a cluster of the user's is named as it has to be. Raises `BadInput`."""
    if kubeconfig is None:
        if context is not None:
            raise BadInput("--context goes with --kubeconfig; without it the embedded cluster is used")
        return
    if not kubeconfig.is_file():
        raise BadInput(f"--kubeconfig: {kubeconfig}: there is no such file")
    if context is None:
        raise BadInput(
            "--kubeconfig needs --context NAME: a drill touches a cluster only in a context that you allow by name"
        )
    document = read_document(kubeconfig)
    names = [str(c.get("name")) for c in document.data.get("contexts") or [] if isinstance(c, dict)]
    if context not in names:
        raise document.fail(f"there is no context '{context}'{nearest(context, names)}", "contexts")


def _check_prometheus(options: Options) -> None:
    """A Prometheus of the user's has to answer, and must find the load generator on its port."""
    if options.prometheus is None:
        return
    try:
        httpx.get(f"{options.prometheus.rstrip('/')}/api/v1/rules", timeout=5, trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadInput(f"--prometheus: {options.prometheus} does not answer as Prometheus does: {error}") from None
    try:
        socket.create_server(("127.0.0.1", SIGNAL_PORT)).close()
    except OSError:
        raise BadInput(
            f"--prometheus: port {SIGNAL_PORT} of 127.0.0.1, where Prometheus scrapes the load generator, is in use; "
            "end what listens there"
        ) from None


def _check_outputs(options: Options, root: Path) -> None:
    places = [("--report", options.report), ("--json", options.json.parent if options.json else None)]
    for flag, place in [*places, ("the working folder", root / ".gameday")]:
        if place is None:
            continue
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{flag}: {place}: cannot be made: {error.strerror}") from None
        if not os.access(place, os.W_OK):
            raise BadInput(f"{flag}: {place}: cannot be written to")
        free = shutil.disk_usage(place).free
        if free < SPACE_NEEDED:
            raise NotPossible(
                f"{flag}: {place}: the disk is full: {free >> 20} MiB left, a game day needs {SPACE_NEEDED >> 20} MiB"
            )
    if options.json is not None and options.json.is_dir():
        raise BadInput(f"--json: {options.json} is a folder; give a file")
