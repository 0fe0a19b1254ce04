"""When each user acts: an open loop, so that a slow target is offered as much as a fast one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

GOLDEN_RATIO = 0.6180339887498949


@dataclass(frozen=True)
class Slot:
    """The next place in a user's schedule: an instant on the caller's clock, and the seconds until then."""

    at: float
    wait_s: float


def next_slot(now: float, last_at: float, every_s: float) -> Slot:
    """The first place after `last_at` in steps of `every_s` that is not a whole step gone by.

    Places that a stall ran over are left out rather than made up for in a burst: a burst would be load
    that no user sent.
    """
    steps = max(1, math.floor((now - last_at) / every_s))
    at = last_at + steps * every_s
    return Slot(at, max(0.0, at - now))


def phase_s(index: int, every_s: float) -> float:
    """Where user `index` starts within the interval: even for any number of users (golden-ratio sequence)."""
    return (index * GOLDEN_RATIO % 1.0) * every_s


def deal(weights: Mapping[str, int]) -> tuple[str, ...]:
    """One round of tasks, each exactly as often as its weight, spread evenly (smooth weighted round robin).

    A dealt round instead of drawn lots keeps each task's share of every second the same, so that an error
    share says something about the target rather than about the draw.
    """
    total = sum(weights.values())
    credit = dict.fromkeys(weights, 0)
    dealt = []
    for _ in range(total):
        for name, weight in weights.items():
            credit[name] += weight
        best = max(credit, key=lambda name: credit[name])
        credit[best] -= total
        dealt.append(best)
    return tuple(dealt)
