"""What to type next, so that a drill of a gate can be looked into alone, played as it was."""

import shlex

from simulator.drill.catalog import package_folder
from simulator.drill.documents import shown
from simulator.drill.experiment import Experiment
from simulator.drill.plan import DEFAULT_PLAYBOOK, RESPONDERS, Plan
from simulator.drill.scenario import Scenario


def next_command(scenario: Scenario, plan: Plan, variant: str | None, *, is_judged: bool) -> str:
    """The command that plays this drill again; `gameday doctor` where the machine is in question."""
    if not is_judged:
        return "gameday doctor"
    words = ["gameday", "run", *map(_name, scenario.experiments)]
    words += ["--together"] if len(scenario.experiments) > 1 else []
    words += ["--control"] if scenario.is_control else []
    playbook = plan.options.playbook or plan.playbook.name
    words += [] if playbook == DEFAULT_PLAYBOOK else ["--playbook", playbook]
    words += [] if plan.responder == RESPONDERS[0] else ["--responder", plan.responder]
    words += [] if plan.clock.factor == 60 else ["--clock", f"{plan.clock.factor:g}"]
    words += [] if plan.users == plan.target.load.users else ["--users", str(plan.users)]
    words += ["--variant", variant] if variant else []
    words += ["--app", shown(plan.options.app)] if plan.options.app else []
    return shlex.join(words)


def _name(experiment: Experiment) -> str:
    is_shipped = experiment.path.is_relative_to(package_folder())
    return experiment.name if is_shipped else shown(experiment.path)
