"""The hints of a guided drill, out of its ground truth and its runbook: each one tells more, and costs more."""

from collections.abc import Iterator

from scoring.timeline import LONGEST_HINT, MOST_HINTS, Hint
from simulator.drill.experiment import Experiment
from simulator.drill.runbook import sections_of

COSTS = {"Symptoms": 2, "component": 5, "Investigate": 8, "cause": 10, "Mitigate": 15}
"""Points, by what is told. Whoever takes all of them keeps 60 of 100 at most: performed, with major challenges."""


def hints_of(experiments: tuple[Experiment, ...]) -> list[Hint]:
    """The hints for a drill of these experiments, in the order in which they are taken.

    A section that a runbook does not have is left out.
    """
    told = [hint for each in experiments for hint in _told(each)]
    return [Hint(text=text[:LONGEST_HINT], cost=COSTS[what]) for what, text in told[:MOST_HINTS]]


def _told(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """What is told, and the words."""
    sections = sections_of(experiment.runbook.read_text(encoding="utf-8"))
    for what in COSTS:
        if what == "component":
            yield what, f"Look at {experiment.truth['component']}."
        elif what == "cause":
            yield what, f"What is wrong: {experiment.failure_mode}. {experiment.title}."
        elif sections.get(what):
            yield what, f"{what}, as its runbook says:\n\n{sections[what]}"
