"""Runbooks that a drill carries."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    texts = ("address", "title", "text")
    op.create_table(
        "runbook",
        sa.Column("drill_id", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        *[sa.Column(name, sa.String(), nullable=False) for name in texts],
    )
