"""A drill drawn at random, for those who must not know what comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from simulator.drill.catalog import experiment_file, nearest
from simulator.drill.experiment import read_experiment
from simulator.errors import BadInput

CONTROL_SHARE = 0.15
"""Share of the drills that are drawn: who always meets a fault no longer asks whether there is one."""


@dataclass(frozen=True)
class Drawn:
    """An experiment by its name; nothing of it is injected if it `is_control`."""

    experiment: str
    is_control: bool


def draw(pool: Sequence[str], chance: Random) -> Drawn:
    """One of the pool, each as likely as the others."""
    return Drawn(chance.choice(pool), is_control(chance))


def is_control(chance: Random) -> bool:
    """Whether nothing is injected this time."""
    return chance.random() < CONTROL_SHARE


def pool_of(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """What is drawn from: names of experiments and families. Raises `BadInput` for what is neither.

    Without any: all of `known` that one node is enough for, as a larger cluster would tell what comes.
    """
    if not names:
        pool = [name for name in known if read_experiment(experiment_file(name)).nodes == 1]
    else:
        pool = [each for name in names for each in _of_family(name, known) or [_one(name, known)]]
    if not pool:
        raise BadInput("--random: there is nothing to draw from; name an experiment or a family")
    return list(dict.fromkeys(pool))


def _of_family(name: str, known: Sequence[str]) -> list[str]:
    return [each for each in known if each.partition("/")[0] == name.rstrip("/")]


def _one(name: str, known: Sequence[str]) -> str:
    try:
        experiment_file(name)
    except BadInput:
        families = sorted({each.partition("/")[0] for each in known})
        hint = nearest(name, [*families, *known])
        raise BadInput(f"--random: '{name}' is neither an experiment nor a family{hint}") from None
    return name
