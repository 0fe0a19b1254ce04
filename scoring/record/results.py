"""What a scorecard leaves in the history: pure, one row per drill that has ended."""

from datetime import UTC, datetime
from typing import Any

from scoring.canonical import write_instant
from scoring.errors import ScoringError
from scoring.record.people import id_of
from scoring.scorecard.cards import Scorecard
from scoring.scorecard.sla import MEASURES
from scoring.timeline import Drill, Truth


def result_of(drill: Drill, truth: Truth, card: Scorecard) -> dict[str, Any]:
    """The columns of `result`. Raises ScoringError for a drill that still runs, as its history would tell the truth.

    A drill is `ranked` if it was scored and something was injected: the silence of a control is no achievement.
    """
    if drill.ended_at is None:
        raise ScoringError(f"drill '{drill.id}' has not ended; history is of drills that have")
    row: dict[str, Any] = {
        "drill_id": drill.id,
        "playbook": card.playbook,
        "failure_mode": truth.failure_mode,
        "experiment": drill.experiment or "",
        "team": id_of(drill.team or ""),
        "quarter": quarter_of(drill.started_at),
        "responder": drill.responder or "",
        "game_day": drill.game_day,
        "started_at": write_instant(drill.started_at),
        "ended_at": write_instant(drill.ended_at),
        "control": truth.control,
        "verdict": card.verdict,
        "ranked": card.score is not None and not truth.control,
        "score": card.score,
        "mark": card.mark,
        "sla_met": card.sla_met,
    }
    for name in MEASURES:
        measure = card.measures[name]
        row |= {name: measure.verdict, f"{name}_s": measure.drill_seconds}
    return row


def quarter_of(at: datetime) -> str:
    """The calendar quarter in UTC, such as 2026Q1."""
    utc = at.astimezone(UTC)
    return f"{utc.year:04d}Q{(utc.month + 2) // 3}"
