"""Write a backup now."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from target_app.maintenance.settings import read_maintenance_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """Raises `BadSetting`."""
    settings = read_maintenance_settings(env)

    def run() -> None:
        from target_app.maintenance.backups import back_up
        from target_app.maintenance.connecting import connected

        with connected(settings.url) as connection:
            path = back_up(connection, settings.folder, settings.kept, datetime.now(UTC))
        print(path)

    return run
