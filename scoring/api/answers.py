"""What is answered: the models behind the document at /openapi.json."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from scoring.exercise import Reached, Scheduled
from scoring.exercise.room import Room, SeatAtTable
from scoring.record.history import Standing, Trend
from scoring.record.items import Item
from scoring.record.overview import Earned, GameDay
from scoring.record.people import Team
from scoring.record.tokens import TokenEntry
from scoring.series import MeasureSeries
from scoring.timeline import Drill, Event, Instant, Truth, Window
from scoring.training import Due, Person, Played, Practice
from scoring.training.requirements import RequirementCard


class Answer(BaseModel):
    """A frozen answer."""

    model_config = ConfigDict(frozen=True)


class Health(Answer):
    """The service answers."""

    status: str = Field(examples=["ok"])


class Opened(Answer):
    """The drill that was meant."""

    id: str = Field(examples=["2026-01-05-checkout"])


class SeenDrill(Drill):
    """A drill as its reader may see it: `truth` and `experiment` are null where they are withheld."""

    running: bool
    events: int | None = Field(description="how many were recorded; null where some are withheld")
    truth: Truth | None


class DrillPage(Answer):
    """Drills, oldest first; `next` is null on the last page."""

    drills: list[SeenDrill]
    next: str | None


class Receipt(Answer):
    """Where in the drill's chain an event is, on disk; `hash` proves it later."""

    seq: int = Field(ge=1)
    hash: str = Field(pattern="^[0-9a-f]{64}$")


class SeenEvent(Event):
    """An event with its place in the order of arrival."""

    seq: int = Field(ge=1)


class EventPage(Answer):
    """Events in the order of arrival; `next` is what to give as `after` next time, also when there was none."""

    events: list[SeenEvent]
    next: int = Field(ge=0)


class NextHint(Answer):
    """Which hint can be taken now, and the points that it costs."""

    level: int = Field(ge=1)
    cost: float = Field(ge=0, le=100)


class TakenHint(NextHint):
    """A hint that was taken."""

    text: str
    at: Instant


class HintsSeen(Answer):
    """The hints of a drill as far as they were taken, in order; `left` are not. None is `next` once all were."""

    guided: bool
    taken: list[TakenHint]
    left: int = Field(ge=0)
    next: NextHint | None


class WindowPage(Answer):
    """Load windows in the order of arrival; `next` is what to give as `after` next time, also when there was none."""

    windows: list[Window]
    next: int = Field(ge=0)


class NewWindows(Answer):
    """How many load windows were not there yet."""

    new: int = Field(ge=0)


class Whole(Answer):
    """A record that was proven whole; `head` is the hash of its last event."""

    drill: str
    whole: bool
    events: int | None = Field(description="how many there are; null where some are withheld")
    windows: int = Field(ge=0)
    head: str | None


class PlaybookNames(Answer):
    """Names of the playbooks that ship."""

    playbooks: list[str]


class PlaybookShown(BaseModel):
    """A playbook with bare figures: durations in drill seconds, levels gravest first."""

    model_config = ConfigDict(extra="allow")

    name: str
    levels: list[dict[str, Any]]


class PlaybookChecked(Answer):
    """A playbook that holds together, and the ids of its levels, gravest first."""

    name: str
    levels: list[str]


class RunbookEntry(Answer):
    """A runbook that a drill carries: its number there, the address by which alerts name it, and its title."""

    number: int = Field(ge=1)
    address: str
    title: str


class RunbookList(Answer):
    """The runbooks of a drill, in the order in which they were given."""

    runbooks: list[RunbookEntry]


class RunbookShown(RunbookEntry):
    """A runbook whole; `text` is Markdown."""

    text: str


class IssuedToken(Answer):
    """A new token. `secret` is shown this once and kept nowhere."""

    id: str
    secret: str
    role: str
    name: str


class SignInLink(Answer):
    """A new link. `path` follows the address of the service; it is shown this once and kept nowhere."""

    path: str
    role: str
    name: str
    expires_at: Instant


class TokenList(Answer):
    """Every token that was issued, oldest first; those that the service was started with are not among them."""

    tokens: list[TokenEntry]


class TeamList(Answer):
    """All teams, by id."""

    teams: list[Team]


class PersonPage(Answer):
    """People, by id; `next` is null on the last page."""

    people: list[Person]
    next: str | None


class TrainingShown(Answer):
    """What a person has practised, newest first, and how that stands to what the documents ask.

    `not_met` are failure modes that others have played. `due_at` is null for who never practised: that is due now.
    """

    person: Person
    drills: tuple[Played, ...]
    practice: tuple[Practice, ...]
    due_at: Instant | None
    not_met: tuple[str, ...]
    reviews: int = Field(description="how many were filed of drills that the person took part in")
    reviewed_at: Instant | None
    requirements: tuple[RequirementCard, ...]


class DueList(Answer):
    """People, who never practised first, then by when they are due."""

    people: list[Due]


class GameDayPage(Answer):
    """Game days, oldest first; `next` is null on the last page."""

    game_days: list[GameDay]
    next: str | None


class DayDrill(Answer):
    """A drill of a game day; `earned` is null until it has ended."""

    drill: SeenDrill
    earned: Earned | None


class DayShown(Answer):
    """A game day with its drills in order."""

    name: str
    drills: list[DayDrill]
    average: float | None
    next: str | None


class SeverityMoment(Answer):
    """From when on users' measured impact showed a level; null for none."""

    from_at: Instant
    level: str | None


class SeverityOverTime(Answer):
    """Wherever it changed. `expected` is the level that the whole drill is measured against."""

    moments: list[SeverityMoment]
    expected: str | None


class Leaderboard(Answer):
    """Standings, best first; `next` is null on the last page."""

    by: str
    standings: list[Standing]
    next: str | None


class TrendPage(Answer):
    """Trends, newest quarter first; `next` is null on the last page."""

    trends: list[Trend]
    next: str | None


class Runs(Answer):
    """Statistics of each measure over `runs` runs, in drill seconds."""

    runs: int
    measures: dict[str, MeasureSeries]


class ItemPage(Answer):
    """Action items; `next` is null on the last page."""

    action_items: list[Item]
    next: str | None


class Imported(Answer):
    """The drill that an archive held, the fingerprint of the key that signed it, and what there is to know."""

    drill: str
    signer: str
    notes: list[str]


class OpenedTabletop(Answer):
    """A tabletop that was opened, with its seats; `clock` is drill seconds per wall second."""

    id: str
    title: str
    clock: float
    seats: tuple[SeatAtTable, ...]


class SeenTabletop(Answer):
    """A tabletop as its reader may see it: `injects` and `objectives` are null where they are withheld."""

    room: Room
    injects: tuple[Scheduled, ...] | None
    objectives: tuple[Reached, ...] | None
