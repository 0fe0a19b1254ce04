"""What a run was asked for, checked whole before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TypeVar

from scoring.errors import ScoringError
from scoring.playbook import Playbook
from scoring.playbook.file import load_playbook, playbook_text
from simulator.drill.app.suiting import Suited, fitting
from simulator.drill.catalog import experiment_file, nearest
from simulator.drill.clock import DrillClock
from simulator.drill.documents import shown
from simulator.drill.people.drawing import Drawn, draw, pool_of
from simulator.drill.people.injects import ordered_in, plan_injects, read_injects
from simulator.drill.people.wishes import HUMAN, People, people_of
from simulator.drill.safeguards.written import Guards, guards_in, guards_of_experiment, guards_of_file
from simulator.drill.scenario import Scenario
from simulator.drill.suite import Suite, SuiteDrill, SuiteFile, read_suite
from simulator.drill.surroundings import check_cluster, check_outputs, check_prometheus
from simulator.drill.target import Target, find_target
from simulator.errors import BadInput

MACHINES = ("autopilot", "none")
RESPONDERS = (*MACHINES, HUMAN)
DEFAULT_PLAYBOOK = "llm-research-lab"
USUAL_CLOCK, REAL_TIME = 60.0, 1.0
DRAWN = "A drill drawn at random"
Number = TypeVar("Number", int, float)


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
    team: str | None = None
    person: Sequence[str] | None = None
    facilitated: bool = False
    guided: bool = False
    delay: str | None = None
    notify: Path | None = None
    browser: bool | None = None
    injects: Path | None = None
    seed: int | None = None


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
    people: People | None = None
    """Who responds, where people do."""

    @property
    def nodes(self) -> int:
        """How many nodes the embedded cluster has to have."""
        return max(scenario.nodes for scenario in self.scenarios)


def plan_experiments(
    names: list[str],
    options: Options,
    root: Path,
    *,
    at_once: bool = False,
    hold: Sequence[str] = (),
    responders: Sequence[str] = MACHINES,
) -> Plan:
    """A game day of single experiments, or one drill of all `at_once`. Raises `BadInput`.

    `hold` names experiments whose faults wait, in each drill, until the facilitator orders them.
    """
    files = [experiment_file(name) for name in names]
    if at_once and len(set(files)) < max(2, len(files)):
        raise BadInput("--together needs two experiments or more, each once")
    title = " + ".join(names) if len(names) <= 3 else f"{len(names)} experiments"
    drills = [files] if at_once else [[file] for file in files]
    suite = Suite(title=title, experiments=tuple(map(_drill, drills)))
    return _plan(suite, drills, options, root, hold=hold, responders=responders)


def plan_drawn(
    names: Sequence[str],
    options: Options,
    root: Path,
    *,
    hold: Sequence[str] = (),
    responders: Sequence[str] = MACHINES,
) -> Plan:
    """A game day of one experiment, drawn from those that are named by name or family, else from all that fit.

    Now and then nothing is injected. The same seed draws the same. Raises `BadInput`.
    """
    target = find_target(options.app, root, options.variant)
    drawn = draw(pool_of(names, fitting(target)), Random(options.seed))
    return plan_one(drawn, DRAWN, options, root, hold=hold, responders=responders)


def plan_one(
    drawn: Drawn,
    title: str,
    options: Options,
    root: Path,
    *,
    hold: Sequence[str] = (),
    responders: Sequence[str] = MACHINES,
) -> Plan:
    """A game day of what was drawn, under a title that does not tell it. Raises `BadInput`."""
    file = experiment_file(drawn.experiment)
    can_be_control = not hold and options.injects is None  # what has to come after a fault needs one
    drill = SuiteDrill(experiment=(str(file),), control=drawn.is_control and can_be_control)
    suite = Suite(title=title, experiments=(drill,))
    return _plan(suite, [[file]], options, root, hold=hold, responders=responders)


def plan_suite(name: str, options: Options, root: Path, *, responders: Sequence[str] = MACHINES) -> Plan:
    """The game day that a suite describes; `options` win over it. Raises `BadInput`."""
    return plan_suite_file(read_suite(name), options, root, responders=responders)


def plan_suite_file(
    file: SuiteFile,
    options: Options,
    root: Path,
    *,
    needs_alerts: bool = True,
    responders: Sequence[str] = MACHINES,
) -> Plan:
    """The game day of a suite that was read; its scenarios are the suite's drills, in order. Raises `BadInput`.

    `needs_alerts`: whether it is a mistake if an experiment is detected by an alert that no rule file has.
    """
    suite = file.suite.model_copy(update={"title": file.title})
    guards = guards_in(file.path, suite.safeguards)
    return _plan(suite, file.files, options, root, guards, needs_alerts=needs_alerts, responders=responders)


def _drill(files: Sequence[Path]) -> SuiteDrill:
    return SuiteDrill(experiment=tuple(map(str, files)))


def _plan(
    suite: Suite,
    files: Sequence[Sequence[Path]],
    options: Options,
    root: Path,
    *guards: Guards,
    responders: Sequence[str],
    hold: Sequence[str] = (),
    needs_alerts: bool = True,
) -> Plan:
    target = find_target(options.app, root, options.variant or suite.variant)
    options = _on_its_cluster(options, target)
    responder = options.responder or suite.responder or MACHINES[0]
    if responder not in responders:
        raise BadInput(f"--responder: '{responder}' is none{nearest(responder, list(responders))}")
    people = people_of(options, responder, holds=bool(hold))
    clock = DrillClock(_first(options.clock, suite.clock, REAL_TIME if people else USUAL_CLOCK))
    users = _first(options.users, suite.users, target.load.users)
    if not 1 <= users <= 500:
        raise BadInput(f"--users: {users} is out of bounds; give 1 to 500 users, the load stays on this machine")
    playbook, text = _playbook(options.playbook or suite.playbook or DEFAULT_PLAYBOOK)
    suited = Suited(target, playbook, needs_alerts)
    injects = read_injects(options.injects) if options.injects is not None else ()
    ordered = {name: suited.read(experiment_file(name)) for name in ordered_in(injects)}
    held = tuple(suited.read(experiment_file(name)) for name in hold)
    held += tuple(each for each in ordered.values() if each not in held)
    scenarios = tuple(
        Scenario(
            tuple(suited.read(path) for path in at_once),
            options.control or drill.control,
            held,
            is_guided=options.guided,
            planned=plan_injects(injects, ordered),
        )
        for at_once, drill in zip(files, suite.experiments, strict=True)
    )
    for scenario in scenarios:
        scenario.check()
        for experiment in (*scenario.experiments, *scenario.held):
            guards_of_experiment(experiment.path)
    if options.safeguards is not None:
        guards = (*guards, guards_of_file(options.safeguards))
    check_cluster(options.kubeconfig, options.context)
    check_prometheus(options.prometheus)
    check_outputs(root, report=options.report, json=options.json)
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
        people=people,
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
