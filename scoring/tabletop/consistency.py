"""Whether the parts of a scenario agree: names, times, and the course of the incident that its injects show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from scoring.documents.agreement import Fault, Place, doubles, refer
from scoring.playbook.figure import write_duration
from scoring.tabletop.inject import EVERYBODY, Shown

if TYPE_CHECKING:
    from scoring.tabletop import Scenario

ONCE = ("fault.injected", "impact.started", "impact.ended")
"""What an incident has once at most, in this order."""


def find_faults(scenario: Scenario) -> Iterator[Fault]:
    """Each contradiction with its place. Pure."""
    yield from _doubles(scenario)
    yield from _references(scenario)
    yield from _conditions(scenario)
    yield from _times(scenario)
    yield from _course(scenario)
    yield from _alerts(scenario)


def _doubles(scenario: Scenario) -> Iterator[Fault]:
    yield from _unique("objective", [objective.id for objective in scenario.objectives])
    yield from _unique("inject", [inject.id for inject in scenario.injects])
    places: list[Place] = [
        ("injects", i, "expects", j, "id")
        for i, inject in enumerate(scenario.injects)
        for j in range(len(inject.expects))
    ]
    yield from doubles("expected action", places, [action.id for _, action in scenario.actions()])


def _unique(noun: str, ids: list[str]) -> Iterator[Fault]:
    return doubles(noun, [(f"{noun}s", i, "id") for i in range(len(ids))], ids)


def _references(scenario: Scenario) -> Iterator[Fault]:
    objectives = [objective.id for objective in scenario.objectives]
    seats = [EVERYBODY, *dict.fromkeys(participant.role for participant in scenario.participants)]
    for i, inject in enumerate(scenario.injects):
        yield from refer(("injects", i, "to"), "participant", inject.to, seats)
        for j, action in enumerate(inject.expects):
            yield from refer(("injects", i, "expects", j, "objective"), "objective", [action.objective], objectives)
    shown = {action.objective for _, action in scenario.actions()}
    for i, name in enumerate(objectives):
        if name not in shown:
            yield ("objectives", i), f"no expected action shows '{name}'; add one, or take the objective out"


def _conditions(scenario: Scenario) -> Iterator[Fault]:
    """What an inject waits for has to be an action that the room was asked for before."""
    earlier: list[str] = []
    for i, inject in enumerate(scenario.injects):
        yield from refer(("injects", i, "waits_for"), "earlier expected action", inject.waits_for, earlier)
        yield from refer(("injects", i, "unless"), "earlier expected action", inject.unless, earlier)
        if inject.unless and set(inject.unless) <= set(inject.waits_for):
            said = "it waits for these very actions, so that it never comes"
            yield ("injects", i, "unless"), f"{said}; keep one of the two"
        earlier += [action.id for action in inject.expects]


def _times(scenario: Scenario) -> Iterator[Fault]:
    end = write_duration(scenario.duration)
    for i, (before, inject) in enumerate(pairwise(scenario.injects), 1):
        if inject.at < before.at:
            said = f"it is before '{before.id}' at {write_duration(before.at)}"
            yield ("injects", i, "at"), f"{said}; list injects in the order of time"
    for i, inject in enumerate(scenario.injects):
        if inject.at > scenario.duration:
            said = f"the exercise is over after {end}"
            yield ("injects", i, "at"), f"{said}; let it come sooner, or make `duration` longer"
        for j, action in enumerate(inject.expects):
            if action.within is not None and inject.at <= scenario.duration < inject.at + action.within:
                until = write_duration(inject.at + action.within)
                said = f"it could be done in time until {until}, and the exercise is over after {end}"
                yield ("injects", i, "expects", j, "within"), f"{said}; shorten it, or make `duration` longer"


def _course(scenario: Scenario) -> Iterator[Fault]:
    if scenario.first("fault.injected") is None:
        mend = "write `shows: [{event: fault.injected}]` at the one from which on something is wrong"
        yield ("injects",), f"none shows `fault.injected`, so that nothing could be scored; {mend}"
        return
    seen: dict[str, float] = {}
    for i, j, shown in _shown(scenario):
        if shown.event not in ONCE:
            continue
        place, at = ("injects", i, "shows", j), scenario.injects[i].at
        missing = [f"`{event}`" for event in ONCE[: ONCE.index(shown.event)] if event not in seen]
        if shown.event in seen:
            yield place, f"`{shown.event}` is shown twice; an incident has it once"
        elif missing:
            yield place, f"`{shown.event}` comes before {' and '.join(missing)}; show these first"
        elif shown.event == "impact.ended" and seen["impact.started"] == at:
            yield place, "users feel it for no time at all; let `impact.ended` come with a later inject"
        if scenario.injects[i].kind == "false-alarm":
            yield place, "a false alarm shows no part of the incident; give it to another inject"
        seen.setdefault(shown.event, at)


def _alerts(scenario: Scenario) -> Iterator[Fault]:
    firing: set[str] = set()
    named: set[str] = set()
    has_begun = scenario.first("fault.injected") is None
    for i, j, shown in _shown(scenario):
        place, name = ("injects", i, "shows", j, "alert"), shown.alert or ""
        has_begun = has_begun or shown.event == "fault.injected"
        if shown.event == "alert.resolved" and name not in firing:
            yield place, f"the alert '{name}' has not fired before; show `alert.firing` first"
        if shown.event == "alert.firing":
            firing.add(name)
            if scenario.injects[i].kind == "false-alarm" and name in scenario.truth.alerts:
                yield place, f"'{name}' names the incident by `truth.alerts`, so it is no false alarm"
            if has_begun:
                named.add(name)
    for k, name in enumerate(scenario.truth.alerts):
        if name not in named:
            said = f"no inject shows the alert '{name}' from `fault.injected` on"
            yield ("truth", "alerts", k), f"{said}; write `shows: [{{event: alert.firing, alert: {name}}}]` there"


def _shown(scenario: Scenario) -> Iterator[tuple[int, int, Shown]]:
    """Every shown event with the number of its inject and its own."""
    for i, inject in enumerate(scenario.injects):
        yield from ((i, j, shown) for j, shown in enumerate(inject.shows))
