"""The tables of the record: what happened (drills, events, load windows), who took part, and what came of it.

Instants are texts, UTC with microseconds, so that they sort as they follow each other and read as they were hashed.
Tables change through `migrations/` only; a test holds the two together.
"""

from sqlalchemy import Index, MetaData, Table, UniqueConstraint
from sqlmodel import Field, SQLModel


class Row(SQLModel):
    """A row of the record, in metadata of its own, so that no other user of SQLModel gets into our database."""

    metadata = MetaData()


class DrillRow(Row, table=True):
    """A drill. `definition` is canonical JSON of what it was created with, `definition_hash` its digest.

    `seal` is the digest over everything else in the row; `position` counts drills from 1.
    """

    __tablename__ = "drill"
    id: str = Field(primary_key=True)
    position: int = Field(index=True, unique=True)
    definition: str
    playbook_text: str
    definition_hash: str
    ended_at: str | None = Field(default=None, index=True)
    baseline: str | None = None
    baseline_hash: str | None = None
    events: int = 0
    head: str
    windows: int = 0
    windows_head: str
    team: str | None = Field(default=None, index=True)
    game_day: str | None = Field(default=None, index=True)
    seal: str = Field(default="", sa_column_kwargs={"server_default": ""})


class EventRow(Row, table=True):
    """An event in its drill's chain; `seq` counts from 1."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("drill_id", "key"),)
    drill_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    occurred_at: str
    received_at: str
    source: str
    data: str
    key: str | None = None
    previous_hash: str
    hash: str
    sent_at: str | None = None


class WindowRow(Row, table=True):
    """A load window, as canonical JSON; `seq` counts from 0."""

    __tablename__ = "load_window"
    __table_args__ = (UniqueConstraint("drill_id", "at"),)
    drill_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: str
    body: str
    hash: str


class TeamRow(Row, table=True):
    """A team."""

    __tablename__ = "team"
    id: str = Field(primary_key=True)
    name: str


class PersonRow(Row, table=True):
    """A person, of one team at most."""

    __tablename__ = "person"
    id: str = Field(primary_key=True)
    name: str
    team: str | None = Field(default=None, index=True)


class DrillPersonRow(Row, table=True):
    """Who took part in a drill that is in the history."""

    __tablename__ = "drill_person"
    person: str = Field(primary_key=True)
    drill_id: str = Field(primary_key=True, index=True)


class TokenRow(Row, table=True):
    """What opens the service to somebody. The secret itself is nowhere; `digest` is its SHA-256."""

    __tablename__ = "token"
    id: str = Field(primary_key=True)
    role: str
    name: str
    person: str | None = None
    digest: str
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None


class SignInCodeRow(Row, table=True):
    """A code that opens the service once, for the holder it was made out to."""

    __tablename__ = "sign_in_code"
    digest: str = Field(primary_key=True)
    role: str
    name: str
    person: str | None = None
    expires_at: str
    redeemed_at: str | None = None


class ResultRow(Row, table=True):
    """What came of a drill that has ended. Seconds are drill seconds, null where the end never came.

    `team` is empty for a drill without one; `quarter` reads 2026Q1; `game_day` is null outside of one.
    """

    __tablename__ = "result"
    __table_args__ = (
        Index("ix_result_group", "playbook", "failure_mode", "team", "quarter"),
        Index("ix_result_mode", "failure_mode", "started_at", "drill_id"),
        Index("ix_result_experiment", "experiment", "started_at", "drill_id"),
        Index("ix_result_rank_all", "ranked", "score", "drill_id"),
        Index("ix_result_rank_playbook", "ranked", "playbook", "score", "drill_id"),
        Index("ix_result_rank_mode", "ranked", "failure_mode", "score", "drill_id"),
        Index("ix_result_rank_both", "ranked", "playbook", "failure_mode", "score", "drill_id"),
        Index("ix_result_team", "team", "started_at", "drill_id"),
    )
    drill_id: str = Field(primary_key=True)
    playbook: str
    failure_mode: str
    experiment: str
    team: str
    quarter: str
    responder: str
    game_day: str | None = None
    started_at: str
    ended_at: str
    control: bool
    verdict: str
    ranked: bool
    score: float | None = None
    mark: str | None = None
    sla_met: bool
    ttd_s: float | None = None
    ttd: str
    tta_s: float | None = None
    tta: str
    ttc_s: float | None = None
    ttc: str
    ttm_s: float | None = None
    ttm: str
    ttr_s: float | None = None
    ttr: str


class TrendRow(Row, table=True):
    """One playbook, failure mode, team and quarter, added up; `measures` is JSON of each measure's series."""

    __tablename__ = "trend"
    __table_args__ = (
        Index("ix_trend_latest", "quarter", "failure_mode", "team", "playbook"),
        Index("ix_trend_playbook", "playbook", "quarter", "failure_mode", "team"),
        Index("ix_trend_mode", "failure_mode", "quarter", "team", "playbook"),
        Index("ix_trend_team", "team", "quarter", "failure_mode", "playbook"),
    )
    playbook: str = Field(primary_key=True)
    failure_mode: str = Field(primary_key=True)
    team: str = Field(primary_key=True)
    quarter: str = Field(primary_key=True)
    drills: int
    left_out: int
    measures: str
    best_drill: str | None = None
    best_score: float | None = None
    worst_drill: str | None = None
    worst_score: float | None = None


class StandingRow(Row, table=True):
    """A team's or a person's scored drills, added up. An empty playbook or failure mode stands for all of them."""

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_rank", "kind", "playbook", "failure_mode", "average"),)
    kind: str = Field(primary_key=True)
    who: str = Field(primary_key=True)
    playbook: str = Field(primary_key=True)
    failure_mode: str = Field(primary_key=True)
    drills: int
    average: float
    best: float
    best_drill: str
    sla_met: int


class ActionItemRow(Row, table=True):
    """Something that a review asks to be done."""

    __tablename__ = "action_item"
    id: str = Field(primary_key=True)
    drill_id: str = Field(index=True)
    text: str
    owner: str = ""
    priority: str = ""
    due_on: str | None = None
    opened_at: str
    closed_at: str | None = Field(default=None, index=True)
    closed_by: str = Field(default="", sa_column_kwargs={"server_default": ""})


class ReviewDraftRow(Row, table=True):
    """A review that somebody has begun. `form` is JSON of what its fields hold, `version` counts saves."""

    __tablename__ = "review_draft"
    drill_id: str = Field(primary_key=True)
    version: int
    form: str
    saved_by: str
    saved_at: str


class RunbookRow(Row, table=True):
    """A runbook that a drill carries, as Markdown; `address` is how alerts name it, `number` counts from 1."""

    __tablename__ = "runbook"
    drill_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    address: str
    title: str
    text: str


def table_of(row: type[Row]) -> Table:
    """The table behind a row's model, for statements."""
    return Row.metadata.tables[str(row.__tablename__)]


DRILL, EVENT, WINDOW = table_of(DrillRow), table_of(EventRow), table_of(WindowRow)
TEAM, PERSON, DRILL_PERSON = table_of(TeamRow), table_of(PersonRow), table_of(DrillPersonRow)
TOKEN, SIGN_IN_CODE = table_of(TokenRow), table_of(SignInCodeRow)
RESULT, TREND, STANDING = table_of(ResultRow), table_of(TrendRow), table_of(StandingRow)
ACTION_ITEM, REVIEW_DRAFT, RUNBOOK = table_of(ActionItemRow), table_of(ReviewDraftRow), table_of(RunbookRow)
