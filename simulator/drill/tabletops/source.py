"""What a scenario that is made of a recorded run is made of."""

from dataclasses import dataclass

from scoring.playbook import Playbook
from simulator.drill.experiment import Experiment
from simulator.drill.tabletops.recorded import Recorded


@dataclass(frozen=True)
class Source:
    """An experiment with the text of its runbook, a run of it, and the playbook by which the tabletop is played."""

    experiment: Experiment
    runbook: str
    run: Recorded
    playbook: Playbook
