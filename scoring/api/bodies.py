"""What clients send."""

from typing import Annotated

from pydantic import Field, StringConstraints

from scoring.timeline import Data, Drill, Event, Instant, Kind, Record, Truth

DrillId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]


class NewDrill(Record):
    """A drill to open. `playbook_text` is the YAML of a user's own playbook, else `playbook` names one of ours."""

    id: DrillId
    playbook: Annotated[str, Field(min_length=1, max_length=100)]
    playbook_text: Annotated[str, Field(max_length=1_000_000)] | None = None
    clock: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
    experiment: Annotated[str, Field(max_length=500)] | None = None
    responder: Annotated[str, Field(max_length=200)] | None = None
    started_at: Instant
    truth: Truth
    game_day: Annotated[str, Field(max_length=200)] | None = None
    not_assessed: Annotated[tuple[str, ...], Field(max_length=8)] = ()

    def drill(self) -> Drill:
        """The drill itself."""
        return Drill.model_validate(self.model_dump(exclude={"truth", "playbook_text"}))


class NewEvent(Record):
    """An event to record."""

    kind: Kind
    occurred_at: Instant
    source: Annotated[str, Field(max_length=200)] = ""
    data: Data = Field(default_factory=dict)
    key: Annotated[str, Field(min_length=1, max_length=300)] | None = None

    def event(self) -> Event:
        """The event, not yet in any chain."""
        return Event.model_validate(self.model_dump())


class End(Record):
    """When a drill ended."""

    ended_at: Instant
