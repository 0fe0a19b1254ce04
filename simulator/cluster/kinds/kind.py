"""What the cluster knows of one kind beyond its schema."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from simulator.cluster.errors import Cause
from simulator.cluster.objects.naming import SUBDOMAIN, NameRule
from simulator.cluster.printing.column import Column
from simulator.cluster.resources import Resource
from simulator.cluster.store import Object


def _fill_nothing(_obj: Object) -> None:
    return


def _carry_nothing(_new: Object, _old: Object) -> None:
    return


def _no_cause(_obj: Object) -> Iterable[Cause]:
    return ()


def _no_warning(_obj: Object) -> Iterable[str]:
    return ()


def _nothing_fixed(_new: Object, _old: Object) -> Iterable[Cause]:
    return ()


@dataclass(frozen=True)
class Kind:
    """A served kind. All functions are pure, but for `fill` and `carry`, which change the (new) object in place.

    `fill`: the defaults of the API server. `carry`: what an object that takes the place of an old one keeps of it.
    `causes`: what is wrong with a defaulted object. `fixed`: what may not change from the old to the new one.
    `first_status`: the status that an object with this spec is born with, None for a kind without one.
    `selectable`: fields for `--field-selector` beside name and namespace.
    `admitted`: fields that admission or allocation sets, and that no client owns who did not ask for them.
    `warnings`: what a client who writes a defaulted object is warned of.
    """

    resource: Resource
    columns: Sequence[Column]
    fill: Callable[[Object], None] = _fill_nothing
    carry: Callable[[Object, Object], None] = _carry_nothing
    causes: Callable[[Object], Iterable[Cause]] = _no_cause
    fixed: Callable[[Object, Object], Iterable[Cause]] = _nothing_fixed
    first_status: Callable[[Object], Object | None] = lambda _spec: None
    names: NameRule = SUBDOMAIN
    selectable: tuple[str, ...] = ()
    admitted: tuple[tuple[str, ...], ...] = ()
    warnings: Callable[[Object], Iterable[str]] = _no_warning
