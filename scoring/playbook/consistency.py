"""Whether the parts of a playbook agree: references, double names, and limits that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from scoring.documents.agreement import Fault, Place, doubles, refer
from scoring.playbook.figure import write_duration

if TYPE_CHECKING:
    from scoring.playbook import Playbook, Verification
    from scoring.playbook.level import Criterion, Level

STEPS = ("detect", "acknowledge", "classify", "mitigate", "resolve")


def find_faults(playbook: Playbook, update_parts: Sequence[str]) -> Iterator[Fault]:
    """Each contradiction with its place. Pure."""
    yield from _doubles(playbook)
    yield from _references(playbook, update_parts)
    for index, level in enumerate(playbook.levels):
        yield from _limits(("levels", index), level)
        if index:
            yield from _order(("levels", index, "sla"), playbook.levels[index - 1], level)
        for at, criterion in enumerate(level.criteria):
            yield from _blind(("levels", index, "criteria", at), level, criterion, playbook.verification)
    for index, (early, late) in enumerate(pairwise(playbook.review.deadlines), 1):
        if late.due.value < early.due.value:
            yield ("review", "deadlines", index, "due"), f"it is before '{early.id}'; list the earliest deadline first"


def _doubles(playbook: Playbook) -> Iterator[Fault]:
    lists: list[tuple[Place, str, list[str]]] = [
        (("levels",), "level", [level.id for level in playbook.levels]),
        (("audiences",), "audience", [audience.id for audience in playbook.audiences]),
        (("escalations",), "escalation", [rule.id for rule in playbook.escalations]),
        (("roles",), "role", [role.id for role in playbook.roles]),
        (("review", "deadlines"), "deadline", [deadline.id for deadline in playbook.review.deadlines]),
    ]
    for place, noun, ids in lists:
        yield from doubles(noun, [(*place, index, "id") for index in range(len(ids))], ids)


def _references(playbook: Playbook, update_parts: Sequence[str]) -> Iterator[Fault]:
    levels = [level.id for level in playbook.levels]
    audiences = [audience.id for audience in playbook.audiences]
    for index, row in enumerate(playbook.matrix):
        yield from refer(("matrix", index, "level"), "level", [row.level], levels)
    for index, rule in enumerate(playbook.escalations):
        if rule.when.level is not None:
            yield from refer(("escalations", index, "when", "level"), "level", [rule.when.level], levels)
    for index, level in enumerate(playbook.levels):
        if level.audiences:
            yield from refer(("levels", index, "audiences", "value"), "audience", level.audiences.value, audiences)
    for index, deadline in enumerate(playbook.review.deadlines):
        if deadline.levels:
            place = ("review", "deadlines", index, "levels", "value")
            yield from refer(place, "level", deadline.levels.value, levels)
    yield from refer(("update_content", "value"), "part of an update", playbook.update_content.value, update_parts)


def _limits(place: Place, level: Level) -> Iterator[Fault]:
    if level.update_every and not level.first_update:
        yield (*place, "update_every"), "there is no `first_update` beside it; say how soon the first update is due"
    mitigate, resolve = level.sla.mitigate.value, level.sla.resolve.value
    if resolve < mitigate:
        said = f"{write_duration(resolve)} is less than the {write_duration(mitigate)} to mitigate"
        yield (*place, "sla", "resolve"), f"{said}; nothing is resolved before it is mitigated"


def _order(place: Place, graver: Level, level: Level) -> Iterator[Fault]:
    for step in STEPS:
        limit, other = getattr(level.sla, step).value, getattr(graver.sla, step).value
        if limit < other:
            said = f"{write_duration(limit)} is less than the {write_duration(other)} of the graver level '{graver.id}'"
            yield (*place, step), f"{said}; list the gravest level first, and allow it no more than the next"


def _blind(place: Place, level: Level, criterion: Criterion, limits: Verification) -> Iterator[Fault]:
    """A level that can hold while users count as served: such an incident would be mitigated before it began."""
    _, bound = criterion.bound
    factor = limits.p95_times_baseline_above
    match criterion.measure:
        case "error_share":
            field, limit = "error_share_above", limits.error_share_above.value
        case "success" | "availability":
            field, limit, bound = "error_share_above", limits.error_share_above.value, 1 - bound
        case "p95_ms":
            field, limit = "p95_ms_above", limits.p95_ms_above.value
        case "p95_times_baseline" if factor:
            field, limit = "p95_times_baseline_above", factor.value
        case _:
            return
    if bound < limit - 1e-9:
        said = f"{level.id} can hold while users count as served"
        yield place, f"{said}; raise its bound, or lower `verification.{field}` from {limit:g} to {bound:g}"
