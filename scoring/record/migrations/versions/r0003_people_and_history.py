"""People and teams, tokens, and the history: results, trends, standings and action items."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MEASURES = ("ttd", "tta", "ttc", "ttm", "ttr")


def upgrade() -> None:
    """Make the tables."""
    _people()
    _tokens()
    _results()
    _sums()
    _action_items()


def _people() -> None:
    op.create_table("team", _key("id"), _text("name"))
    op.create_table("person", _key("id"), _text("name"), _maybe("team"))
    op.create_index("ix_person_team", "person", ["team"])
    op.create_table("drill_person", _key("person"), _key("drill_id"))
    op.create_index("ix_drill_person_drill_id", "drill_person", ["drill_id"])


def _tokens() -> None:
    op.create_table(
        "token",
        _key("id"),
        *[_text(name) for name in ("role", "name", "digest", "created_at")],
        *[_maybe(name) for name in ("person", "expires_at", "revoked_at")],
    )
    op.create_table(
        "sign_in_code",
        _key("digest"),
        *[_text(name) for name in ("role", "name", "expires_at")],
        *[_maybe(name) for name in ("person", "redeemed_at")],
    )


def _results() -> None:
    texts = ("playbook", "failure_mode", "experiment", "team", "quarter", "responder", "started_at", "ended_at")
    op.create_table(
        "result",
        _key("drill_id"),
        *[_text(name) for name in (*texts, "verdict", *_MEASURES)],
        *[_maybe(name) for name in ("game_day", "mark")],
        *[sa.Column(name, sa.Boolean(), nullable=False) for name in ("control", "ranked", "sla_met")],
        *[sa.Column(name, sa.Float()) for name in ("score", *[f"{measure}_s" for measure in _MEASURES])],
    )
    indexes = {
        "group": ["playbook", "failure_mode", "team", "quarter"],
        "mode": ["failure_mode", "started_at", "drill_id"],
        "experiment": ["experiment", "started_at", "drill_id"],
        "rank_all": ["ranked", "score", "drill_id"],
        "rank_playbook": ["ranked", "playbook", "score", "drill_id"],
        "rank_mode": ["ranked", "failure_mode", "score", "drill_id"],
        "rank_both": ["ranked", "playbook", "failure_mode", "score", "drill_id"],
        "team": ["team", "started_at", "drill_id"],
    }
    for name, columns in indexes.items():
        op.create_index(f"ix_result_{name}", "result", columns)


def _sums() -> None:
    op.create_table(
        "trend",
        *[_key(name) for name in ("playbook", "failure_mode", "team", "quarter")],
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("drills", "left_out")],
        _text("measures"),
        *[_maybe(name) for name in ("best_drill", "worst_drill")],
        *[sa.Column(name, sa.Float()) for name in ("best_score", "worst_score")],
    )
    op.create_index("ix_trend_latest", "trend", ["quarter", "failure_mode", "team", "playbook"])
    op.create_index("ix_trend_playbook", "trend", ["playbook", "quarter", "failure_mode", "team"])
    op.create_index("ix_trend_mode", "trend", ["failure_mode", "quarter", "team", "playbook"])
    op.create_index("ix_trend_team", "trend", ["team", "quarter", "failure_mode", "playbook"])
    op.create_table(
        "standing",
        *[_key(name) for name in ("kind", "who", "playbook", "failure_mode")],
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("drills", "sla_met")],
        *[sa.Column(name, sa.Float(), nullable=False) for name in ("average", "best")],
        _text("best_drill"),
    )
    op.create_index("ix_standing_rank", "standing", ["kind", "playbook", "failure_mode", "average"])


def _action_items() -> None:
    texts = ("drill_id", "text", "owner", "priority", "opened_at")
    op.create_table("action_item", _key("id"), *[_text(n) for n in texts], _maybe("due_on"), _maybe("closed_at"))
    op.create_index("ix_action_item_drill_id", "action_item", ["drill_id"])
    op.create_index("ix_action_item_closed_at", "action_item", ["closed_at"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _maybe(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String())
