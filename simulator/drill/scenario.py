"""What one drill plays: an experiment, several at once, or one of which nothing is injected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.playbook import Playbook
from scoring.timeline import Planned
from simulator.drill.experiment import Experiment
from simulator.drill.people.guidance import hints_of
from simulator.errors import BadInput

AFTERWARDS_S = 300.0
"""Drill seconds that a control drill goes on after its slowest alert could have fired."""


@dataclass(frozen=True)
class Scenario:
    """`experiments` in the order of their injection: the first is the first cause.

    In a control drill nothing is injected: same load, same monitor, same responder, and any page is a false alarm.
    `held` are faults that wait for the facilitator's order; one that never comes is no cause.
    """

    experiments: tuple[Experiment, ...]
    is_control: bool = False
    held: tuple[Experiment, ...] = ()
    is_guided: bool = False
    """Whether responders may ask for hints."""
    planned: tuple[Planned, ...] = ()
    """What comes by itself after the first fault, in this order."""

    @property
    def injected(self) -> tuple[Experiment, ...]:
        """What is really injected, without an order."""
        return () if self.is_control else self.experiments

    @property
    def prepared(self) -> tuple[Experiment, ...]:
        """What is injected, or could be."""
        return (*self.injected, *self.held)

    @property
    def nodes(self) -> int:
        """How many the cluster has to have."""
        return max(experiment.nodes for experiment in (*self.experiments, *self.held))

    @property
    def label(self) -> str:
        """What people call it, in a word: its failure modes."""
        modes = " + ".join(experiment.failure_mode for experiment in self.experiments)
        return f"{modes} (control)" if self.is_control else modes

    @property
    def name(self) -> str:
        """Where it is from: `family/failure-mode`."""
        return " + ".join(experiment.name for experiment in self.experiments)

    @property
    def title(self) -> str:
        """What happens, in a sentence."""
        if self.is_control:
            return f"Nothing is injected: the control of {self.label.removesuffix(' (control)')}"
        return " + ".join(experiment.title for experiment in self.experiments)

    @property
    def alerts(self) -> tuple[str, ...]:
        """What counts as detection, of any of the causes."""
        return tuple(dict.fromkeys(alert for each in self.experiments for alert in each.truth["alerts"]))

    def control_s(self, for_s: Mapping[str, float]) -> float:
        """Drill seconds that a control drill lasts; `for_s` is each alert's own `for` in drill seconds."""
        return max(for_s.get(alert, 0.0) for alert in self.alerts) + AFTERWARDS_S

    def truth(self, playbook: Playbook) -> dict[str, Any]:
        """The published truth of a timeline. Of several causes it is the first one's; the severity is the gravest."""
        first = self.experiments[0].truth
        told = [each.truth["severity"].get(playbook.name) for each in self.experiments]
        gravest = playbook.graver(*told)
        return {
            **first,
            "severity": {playbook.name: gravest} if gravest else {},
            "alerts": list(self.alerts),
            "consequences": list(self._consequences()),
            "faults": [
                {key: each.truth[key] for key in ("failure_mode", "component", "alerts")} for each in self.prepared
            ],
            "control": self.is_control,
            **({"hints": [hint.model_dump() for hint in hints_of(self.experiments)]} if self.is_guided else {}),
            **({"planned": [each.model_dump() for each in self.planned]} if self.planned else {}),
        }

    def check(self) -> None:
        """Raises `BadInput` for a fault that cannot wait for an order in this drill, and for hints at nothing."""
        if self.is_guided and self.is_control:
            raise BadInput("--guided: nothing is injected into a control drill, and hints would tell so; leave out one")
        if self.planned and self.is_control:
            raise BadInput("--injects: they come after a fault, and a control drill has none; leave out one")
        if not self.held:
            return
        if self.is_control:
            raise BadInput("--hold: nothing is injected into a control drill; leave out --hold or --control")
        modes = [experiment.failure_mode for experiment in (*self.experiments, *self.held)]
        if twice := [mode for mode in modes if modes.count(mode) > 1]:
            raise BadInput(f"--hold: '{twice[0]}' is in the drill already; name each failure mode once")

    def _consequences(self) -> tuple[str, ...]:
        found = (alert for each in self.experiments for alert in each.truth["consequences"])
        return tuple(alert for alert in dict.fromkeys(found) if alert not in self.alerts)
