"""Bring the schema up to date, once."""

from collections.abc import Callable, Mapping

from target_app.maintenance.settings import read_maintenance_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """Raises `BadSetting`."""
    settings = read_maintenance_settings(env)

    def run() -> None:
        from target_app.maintenance.connecting import connected
        from target_app.maintenance.migrations import migrate, shipped

        with connected(settings.url) as connection:
            applied = migrate(connection, shipped())
        print(f"applied: {', '.join(applied) or 'nothing'}")

    return run
