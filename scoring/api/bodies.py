"""What clients send."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from scoring.canonical import did_you_mean
from scoring.desk.runbooks import MOST_RUNBOOKS, MOST_TEXT, Runbook
from scoring.playbook import DIMENSIONS
from scoring.timeline import Baseline, Data, Drill, Event, Instant, Kind, Record, Truth, Window

_LONGEST_S = 366 * 86_400
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _of_our_time(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise ValueError("this instant is not between 1970 and 2200; set the sender's clock")
    return at


Moment = Annotated[Instant, AfterValidator(_of_our_time)]
"""An instant that can be reckoned with: differences, at any drill clock, stay inside the calendar."""
_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$"
DrillId = Annotated[str, StringConstraints(pattern=_ID)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
DrillInPath = Annotated[str, Path(pattern=_ID, description="the id that the drill was opened with", examples=["d-42"])]
IdInPath = Annotated[str, Path(min_length=1, max_length=100, examples=["payments"])]

PagePath = Annotated[str, StringConstraints(pattern=r"^/(?:drills/[A-Za-z0-9._~:/-]+)?$", max_length=300)]
"""A page of this service: never an address elsewhere."""

TokenInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,100}$", description="the token's id, not its secret")]


def _dimension(name: str) -> str:
    if name not in DIMENSIONS:
        hint = did_you_mean(name, list(DIMENSIONS)) or f"; there are: {', '.join(DIMENSIONS)}"
        raise ValueError(f"there is no dimension '{name[:100]}'{hint}")
    return name


class NewDrill(Record):
    """A drill to open. `playbook_text` is the YAML of a user's own playbook, else `playbook` names one of ours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "2026-01-05-checkout",
                    "playbook": "llm-research-lab",
                    "clock": 1,
                    "started_at": "2026-01-05T10:00:00Z",
                    "team": "payments",
                    "truth": {"failure_mode": "database/connection-exhaustion", "component": "postgres"},
                }
            ]
        }
    )

    id: DrillId
    playbook: Annotated[str, Field(min_length=1, max_length=100)]
    playbook_text: Annotated[str, Field(max_length=1_000_000)] | None = None
    clock: Annotated[float, Field(ge=1e-3, le=1e6, allow_inf_nan=False, description="drill seconds per wall second")]
    experiment: Annotated[str, Field(max_length=500)] | None = None
    responder: Annotated[str, Field(max_length=200)] | None = None
    started_at: Moment
    truth: Truth
    game_day: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    team: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    people: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=100)] = ()
    not_assessed: Annotated[tuple[Annotated[str, AfterValidator(_dimension)], ...], Field(max_length=8)] = ()

    def drill(self) -> Drill:
        """The drill itself."""
        return Drill.model_validate(self.model_dump(exclude={"truth", "playbook_text"}))


class NewEvent(Record):
    """An event to record. `sent_at` is the sender's clock as it sends: it shows how wrong that clock is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "incident.declared",
                    "occurred_at": "2026-01-05T10:04:00Z",
                    "source": "pager",
                    "data": {"severity": "SEV-2"},
                    "key": "declared-1",
                }
            ]
        }
    )

    kind: Kind
    occurred_at: Moment
    source: Annotated[str, Field(max_length=200)] = ""
    data: Data = Field(default_factory=dict)
    key: Annotated[str, Field(min_length=1, max_length=300, description="makes a retry safe")] | None = None
    sent_at: Moment | None = None

    def event(self, key: str | None = None) -> Event:
        """The event, not yet in any chain; `key` where it has none of its own. Nothing is validated twice."""
        return Event.model_construct(
            kind=self.kind,
            occurred_at=self.occurred_at,
            source=self.source,
            data=self.data,
            key=self.key or key,
            sent_at=self.sent_at,
            received_at=None,
            previous_hash=None,
            hash=None,
        )


Batch = Annotated[list[NewEvent], Field(min_length=1, max_length=10_000)]
NEW_EVENT: TypeAdapter[NewEvent] = TypeAdapter(NewEvent)
NEW_EVENTS: TypeAdapter[list[NewEvent]] = TypeAdapter(Batch)


def _possible_window(window: Window) -> Window:
    _of_our_time(window.at)
    if window.failures > window.requests:
        raise ValueError(f"{window.failures} of {window.requests} requests cannot fail; count each once")
    return window


def _possible_baseline(baseline: Baseline) -> Baseline:
    if baseline.captured_at is not None:
        _of_our_time(baseline.captured_at)
    if baseline.longest_for_s > _LONGEST_S:
        raise ValueError(f"longest_for_s: no alert waits for more than a year, {_LONGEST_S} drill seconds")
    return baseline


Windows = Annotated[list[Annotated[Window, AfterValidator(_possible_window)]], Field(max_length=10_000)]
NewBaseline = Annotated[Baseline, AfterValidator(_possible_baseline)]


def _possible_runbooks(books: list[Runbook]) -> list[Runbook]:
    there: set[str] = set()
    for book in books:
        if book.address in there:
            raise ValueError(f"two runbooks have the address '{book.address[:100]}'; give each its own")
        there.add(book.address)
    if (length := sum(len(book.text) for book in books)) > MOST_TEXT:
        raise ValueError(f"the runbooks have {length:,} characters together; a drill carries {MOST_TEXT:,} at most")
    return books


NewRunbooks = Annotated[list[Runbook], Field(max_length=MOST_RUNBOOKS), AfterValidator(_possible_runbooks)]


class End(Record):
    """When a drill ended."""

    ended_at: Moment


class PlaybookText(Record):
    """A playbook to check, as YAML."""

    text: Annotated[str, Field(min_length=1, max_length=1_000_000, examples=["name: our-own\nlevels: []\n"])]


class NewTeam(Record):
    """A team by name."""

    name: Name


class NewPerson(Record):
    """A person, and the team they are in."""

    name: Name
    team: Id | None = None


class NewToken(Record):
    """A token to issue: for which role, and what or whom it is for."""

    role: Annotated[str, StringConstraints(pattern=r"^(facilitator|responder|observer|ingest)$")]
    name: Name
    person: Id | None = None
    expires_at: Moment | None = None


class HintWish(Record):
    """Which hint is meant: the one that comes next, if it is not said."""

    level: Annotated[int, Field(ge=1, le=100)] | None = None


class Break(Record):
    """Why the clock is stopped."""

    reason: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = "a break"


class NewLink(Record):
    """A link that signs a browser in once, as a role and under a name; it opens the page `to`, within `lasts_s`."""

    role: Annotated[str, StringConstraints(pattern=r"^(facilitator|responder|observer)$")]
    name: Name
    person: Annotated[Name | None, Field(description="whom it is for, by id or by name")] = None
    to: PagePath = "/"
    lasts_s: Annotated[int, Field(ge=60, le=86_400, description="wall seconds")] = 600


class NewTabletop(Record):
    """A tabletop to open: a scenario that ships by its name, or `scenario_text`, the YAML of one's own.

    `playbook_text` is the YAML of a playbook of one's own; without it the scenario names one that ships. `clock` is the
    scenario's own where it is left out.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"scenario": "llm-research-lab", "team": "payments"}]})

    scenario: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    scenario_text: Annotated[str, Field(min_length=1, max_length=200_000)] | None = None
    playbook_text: Annotated[str, Field(max_length=1_000_000)] | None = None
    id: DrillId | None = None
    clock: Annotated[float, Field(ge=1e-3, le=1e6, allow_inf_nan=False)] | None = None
    team: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    people: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=100)] = ()


class Closing(Record):
    """When an action item was done, now if it is not said, and by whom."""

    closed_at: Moment | None = None
    closed_by: Annotated[str, Field(max_length=200)] = ""
