"""Injects that come by themselves: what people hear of an incident, and further faults, in a file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from scoring.playbook.figure import Duration
from scoring.timeline import MOST_PLANNED, Planned
from simulator.drill.documents import read_document
from simulator.drill.experiment import Experiment
from simulator.drill.strict import Strict, read_as

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Inject(Strict):
    """A message, or the order of a fault: the name of an experiment. `after` is drill time from the first fault on."""

    after: Duration
    sender: Annotated[Name | None, Field(alias="from")] = None
    to: Name = "responder"
    by: Name | None = None
    title: Name | None = None
    text: Text | None = None
    order: Name | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Inject":
        message = (self.sender, self.text)
        if self.order is not None and any((*message, self.by, self.title)):
            raise ValueError("an inject is a message or the order of a fault; make it two")
        if self.order is None and not all(message):
            raise ValueError("a message has 'from' and 'text'; the order of a fault has 'order' with an experiment")
        return self


class InjectsFile(Strict):
    """All injects of a drill, in any order."""

    injects: Annotated[tuple[Inject, ...], Field(min_length=1, max_length=MOST_PLANNED)]


def read_injects(path: Path) -> tuple[Inject, ...]:
    """Injects from a file, in the order in which they come. Raises `BadInput` that names file, line and mend."""
    file = read_as(read_document(path), InjectsFile, "file of injects")
    return tuple(sorted(file.injects, key=lambda inject: inject.after))


def ordered_in(injects: Sequence[Inject]) -> Iterator[str]:
    """The experiments whose faults are ordered, each once."""
    yield from dict.fromkeys(inject.order for inject in injects if inject.order is not None)


def plan_injects(injects: Sequence[Inject], ordered: Mapping[str, Experiment]) -> tuple[Planned, ...]:
    """The injects as they come; `ordered` are the experiments by the names that the file calls them."""
    return tuple(_planned(each, ordered) for each in injects)


def _planned(inject: Inject, ordered: Mapping[str, Experiment]) -> Planned:
    if inject.order is not None:
        mode = ordered[inject.order].failure_mode
        return Planned(after_s=inject.after, kind="fault.ordered", data={"failure_mode": mode})
    said = {"from": inject.sender, "to": [inject.to], "channel": inject.by, "title": inject.title, "text": inject.text}
    told = {name: value for name, value in said.items() if value is not None}
    return Planned(after_s=inject.after, kind="inject.delivered", data=told)
