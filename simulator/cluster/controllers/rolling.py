"""How many pods of the new and of the old revisions a rolling update may run. Pure arithmetic.

Kubernetes documentation "Deployments" § Max Unavailable, § Max Surge, § Proportional scaling; the steps are those of
the deployment controller: raise the new revision up to the surge, take unhealthy old pods first, then healthy ones
as far as availability allows.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Revision:
    """One ReplicaSet of a Deployment: how many pods it is asked for and how many are available.

    `maximum` is how many pods its Deployment could have when it was last scaled; None if nobody noted it.
    """

    name: str
    replicas: int
    available: int
    maximum: int | None = None


@dataclass(frozen=True)
class Bounds:
    """Absolute numbers of pods."""

    surge: int
    unavailable: int


def bounds(desired: int, max_surge: int | str, max_unavailable: int | str) -> Bounds:
    """Percentages of `desired`: surge rounds up, unavailable down; if both come out 0, one may be unavailable."""
    surge = scaled(max_surge, desired, math.ceil)
    unavailable = scaled(max_unavailable, desired, math.floor)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Bounds(surge, min(unavailable, desired))


def next_scales(desired: int, limits: Bounds, new: Revision, old: Sequence[Revision]) -> dict[str, int]:
    """The next step of a rolling update: new replica counts by name, only those that change.

    `old` is in order of creation. Either the new revision grows or old ones shrink, never both in one step,
    as each step is judged by what the step before it brought about.
    """
    raised = raised_new(desired, limits, new, old)
    if raised != new.replicas:
        return {new.name: raised}
    return lowered_old(desired, limits, new, old)


def raised_new(desired: int, limits: Bounds, new: Revision, old: Sequence[Revision]) -> int:
    """Replicas of the new revision, within desired + surge pods in sum."""
    if new.replicas >= desired:
        return desired
    total = new.replicas + sum(each.replicas for each in old)
    room = desired + limits.surge - total
    return new.replicas if room <= 0 else new.replicas + min(room, desired - new.replicas)


def lowered_old(desired: int, limits: Bounds, new: Revision, old: Sequence[Revision]) -> dict[str, int]:
    """Fewer replicas for old revisions, so that at least desired - unavailable pods stay available."""
    least = desired - limits.unavailable
    total = new.replicas + sum(each.replicas for each in old)
    spare = total - least - (new.replicas - new.available)
    if spare <= 0:
        return {}
    left = {each.name: each.replicas for each in old}
    for each in old:  # unhealthy pods first: they serve nobody
        taken = min(spare, max(0, each.replicas - each.available))
        left[each.name] -= taken
        spare -= taken
    available = new.available + sum(each.available for each in old)
    healthy = max(0, available - least)
    for each in old:
        taken = min(left[each.name], healthy)
        left[each.name] -= taken
        healthy -= taken
    return {each.name: left[each.name] for each in old if left[each.name] != each.replicas}


def proportional(desired: int, limits: Bounds, active: Sequence[Revision]) -> dict[str, int]:
    """Scaling in the middle of a rollout: spread desired + surge over the active revisions by their size.

    `active` has the newest revision first. The largest comes first and gets what rounding leaves over; among equals
    the newest when there are more pods to have, the oldest when there are fewer.
    """
    total = sum(each.replicas for each in active)
    allowed = desired + limits.surge if desired > 0 else 0
    to_add = allowed - total
    if not to_add or not active:
        return {}
    ordered = sorted(active if to_add > 0 else reversed(active), key=lambda each: -each.replicas)
    scales: dict[str, int] = {}
    added = 0
    for each in ordered:
        share = math.floor(each.replicas * allowed / (each.maximum or total) + 0.5) - each.replicas
        share = max(0, min(share, to_add - added)) if to_add > 0 else min(0, max(share, to_add - added))
        scales[each.name] = each.replicas + share
        added += share
    scales[ordered[0].name] = max(0, scales[ordered[0].name] + to_add - added)
    return {each.name: scales[each.name] for each in active if scales[each.name] != each.replicas}


def scaled(amount: int | str, whole: int, rounded: Callable[[float], int] = math.ceil) -> int:
    """A number, or a percentage of `whole`."""
    if isinstance(amount, int):
        return amount
    if amount.endswith("%"):
        return rounded(int(amount[:-1]) * whole / 100)
    return int(amount)
