"""Drafts of reviews, and by whom an action item was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, and add the column."""
    texts = ("form", "saved_by", "saved_at")
    op.create_table(
        "review_draft",
        sa.Column("drill_id", sa.String(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *[sa.Column(name, sa.String(), nullable=False) for name in texts],
    )
    op.add_column("action_item", sa.Column("closed_by", sa.String(), nullable=False, server_default=""))
