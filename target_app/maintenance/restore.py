"""Restore the rows that break an invariant from the newest backup; exit status 1 if some still do then."""

from collections.abc import Callable, Mapping

from target_app.maintenance.settings import read_maintenance_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """Raises `BadSetting`."""
    settings = read_maintenance_settings(env)

    def run() -> None:
        from target_app.maintenance.backups import restore_damaged
        from target_app.maintenance.connecting import connected
        from target_app.maintenance.invariants import violations

        with connected(settings.url) as connection:
            found = restore_damaged(connection, settings.folder)
            left = violations(connection)
        for name, (restored, reset) in found.items():
            print(
                f"{name}: {restored} rows restored, {reset} younger than the backup reset; {left[name]} still break it"
            )
        if any(left.values()):
            raise SystemExit(1)

    return run
