"""Drills are sealed and know their team and game day, events their sender's clock; what was written stays."""

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from scoring.canonical import canonical_json, digest

revision = "0002"
down_revision = "0001"

_SEALED = "id position definition_hash ended_at baseline_hash events head windows windows_head team game_day"
_NEW = ("position", "team", "game_day", "seal")
_ONCE = ("ended_at", "baseline", "baseline_hash")
_FIXED = ("id", "position", "definition", "playbook_text", "definition_hash", "team", "game_day")


def upgrade() -> None:
    """Add the columns, fill them for the drills that are there, and refuse changes from now on."""
    op.add_column("drill", sa.Column("team", sa.String()))
    op.add_column("drill", sa.Column("game_day", sa.String()))
    op.add_column("drill", sa.Column("seal", sa.String(), server_default="", nullable=False))
    op.add_column("event", sa.Column("sent_at", sa.String()))
    _fill(op.get_bind())
    op.drop_index("ix_drill_position", "drill")
    op.create_index("ix_drill_position", "drill", ["position"], unique=True)
    for name in ("ended_at", "team", "game_day"):
        op.create_index(f"ix_drill_{name}", "drill", [name])
    statements = _on_postgresql() if op.get_bind().dialect.name == "postgresql" else _on_sqlite()
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _fill(connection: sa.Connection) -> None:
    """Positions count from 1, each given once; a seal is the digest over the columns of a drill in their order here."""
    names = [*_SEALED.split(), "definition"]
    drill = sa.table("drill", *[sa.column(name) for name in {*names, *_NEW}])
    rows = connection.execute(sa.select(*[drill.c[name] for name in names]).order_by("position", "id")).mappings().all()
    for position, row in enumerate(rows, 1):
        told = orjson.loads(row["definition"])["drill"]
        full: dict[str, Any] = {**row, "position": position, "team": told.get("team"), "game_day": told.get("game_day")}
        full["seal"] = digest(canonical_json([full[name] for name in _SEALED.split()]))
        values = {name: full[name] for name in _NEW}
        connection.execute(sa.update(drill).where(drill.c.id == row["id"]).values(values))


def _on_sqlite() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the record is append-only: {} stay as they are'); END"
    triggers = [
        f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} {refuse.format(told)}"
        for table, told in (("event", "events"), ("load_window", "load windows"))
        for verb in ("UPDATE", "DELETE")
    ]
    changed = " OR ".join(
        [f"OLD.{name} IS NOT NEW.{name}" for name in _FIXED]
        + [f"OLD.{name} IS NOT NULL AND OLD.{name} IS NOT NEW.{name}" for name in _ONCE]
    )
    return [
        *triggers,
        f"CREATE TRIGGER drill_refuses_delete BEFORE DELETE ON drill {refuse.format('drills')}",
        f"CREATE TRIGGER drill_refuses_update BEFORE UPDATE ON drill WHEN {changed} {refuse.format('drills')}",
    ]


def _on_postgresql() -> list[str]:
    changed = " OR ".join(
        [f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _FIXED]
        + [f"OLD.{name} IS NOT NULL AND OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _ONCE]
    )
    refuse = "EXECUTE FUNCTION refuse_change()"
    return [
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
        "USING MESSAGE = 'the record is append-only: what is in ' || TG_TABLE_NAME || ' stays as it is'; END $$",
        *[
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}"
            for table in ("event", "load_window")
        ],
        f"CREATE TRIGGER drill_refuses_delete BEFORE DELETE ON drill FOR EACH ROW {refuse}",
        f"CREATE TRIGGER drill_refuses_update BEFORE UPDATE ON drill FOR EACH ROW WHEN ({changed}) {refuse}",
        *[
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}"
            for table in ("drill", "event", "load_window")
        ],
    ]
