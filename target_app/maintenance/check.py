"""Count the rows that break an invariant; exit status 1 if there is one."""

from collections.abc import Callable, Mapping

from target_app.maintenance.settings import read_maintenance_settings


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """Raises `BadSetting`."""
    settings = read_maintenance_settings(env)

    def run() -> None:
        from target_app.maintenance.connecting import connected
        from target_app.maintenance.invariants import violations

        with connected(settings.url) as connection:
            found = violations(connection)
        for name, rows in found.items():
            print(f"{name}: {rows} rows break it")
        if any(found.values()):
            raise SystemExit(1)

    return run
