"""What the maintenance of the database is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from target_app.settings import Reader


@dataclass(frozen=True)
class MaintenanceSettings:
    """Durations are in seconds. `folder` is where backups are kept, `kept` how many of them."""

    url: str = field(repr=False)
    folder: Path
    kept: int
    check_every_s: float
    backup_every_s: float
    host: str
    port: int


def read_maintenance_settings(env: Mapping[str, str]) -> MaintenanceSettings:
    """The variables `DATABASE_URL`, `BACKUP_*` and `CHECK_EVERY`. Raises `BadSetting`."""
    read = Reader(env)
    # A container of the embedded cluster has its root elsewhere, and is told where.
    root = Path(read.text("GAMEDAY_POD_ROOT", "/"))
    return MaintenanceSettings(
        url=read.url("DATABASE_URL", None, ("postgresql", "postgres")),
        folder=root / read.text("BACKUP_FOLDER", "/var/backups/research").lstrip("/"),
        kept=read.integer("BACKUPS_KEPT", 5, 1, 1000),
        check_every_s=read.seconds("CHECK_EVERY", 5.0),
        backup_every_s=read.seconds("BACKUP_EVERY", 3600.0),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8050, 0, 65535),
    )
