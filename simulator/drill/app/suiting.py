"""Whether an experiment can be played on an app, and what of its truth is different there."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from scoring.playbook import Playbook
from simulator.drill.app.description import Adjusted
from simulator.drill.app.watching import known_alerts
from simulator.drill.catalog import nearest, package_folder, shipped_experiments
from simulator.drill.documents import shown
from simulator.drill.experiment import Experiment, check_severity, read_experiment
from simulator.drill.target import Target
from simulator.errors import BadInput

ANY_APP = "any-app.md"
"""The runbook of an experiment that fits any app, beside the sample's."""


def fitting(target: Target) -> list[str]:
    """The shipped experiments that can be played on an app."""
    return [name for name, file in shipped_experiments() if target.is_sample or read_experiment(file).fits_any_app]


@dataclass(frozen=True)
class Suited:
    """Experiments as they are for one app, under one playbook.

    `needs_alerts`: whether it is a mistake if an experiment is detected by an alert that no rule file has.
    """

    target: Target
    playbook: Playbook
    needs_alerts: bool = True

    @cached_property
    def _alerts(self) -> list[str]:
        return known_alerts(self.target)

    def read(self, path: Path) -> Experiment:
        """One experiment, checked whole. Raises `BadInput` for one that is written for another app."""
        levels = [level.id for level in self.playbook.levels]
        is_shipped = path.is_relative_to(package_folder())
        is_theirs = self.target.is_sample or not is_shipped
        experiment = read_experiment(path, alerts=self._alerts if is_theirs and self.needs_alerts else None)
        check_severity(experiment, self.playbook.name, levels)
        if self.target.is_sample:
            return experiment
        if is_shipped and not experiment.fits_any_app:
            raise BadInput(
                f"'{experiment.name}' is written for the sample app; on {self.target.name} ({shown(self.target.file)}) "
                f"there are: {', '.join(fitting(self.target))}, and your own by their path"
            )
        return self._adjusted(experiment, levels)

    def _adjusted(self, experiment: Experiment, levels: list[str]) -> Experiment:
        mode, truth = experiment.failure_mode, dict(experiment.truth)
        place, known = f"{shown(self.target.file)}: experiments.{mode}", self._alerts
        own = self.target.adjusted.get(mode, Adjusted())
        if own.severity is not None:
            if own.severity not in levels:
                raise BadInput(f"{place}.severity: '{own.severity}' is none of {', '.join(levels)}")
            truth["severity"] = {**truth["severity"], self.playbook.name: own.severity}
        if strange := [alert for alert in own.alerts if alert not in known]:
            raise BadInput(f"{place}.alerts: '{strange[0]}' is in no rule file{nearest(strange[0], known)}")
        truth["component"] = own.component or truth["component"]
        accepted = list(dict.fromkeys([*truth["alerts"], *own.alerts]))
        truth["alerts"] = [alert for alert in accepted if alert in known] or accepted
        truth["consequences"] = [alert for alert in truth["consequences"] if alert in known]
        if self.needs_alerts and not set(accepted) & set(known):
            raise BadInput(f"{place}.alerts: no rule tells of it; name yours here, or leave shipped_rules out")
        runbook = experiment.folder / ANY_APP
        return replace(experiment, truth=truth, runbook=runbook if runbook.is_file() else experiment.runbook)
