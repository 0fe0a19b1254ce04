"""The process that maintains the database: it migrates, then checks and backs up for as long as it lives."""

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic

from target_app.maintenance.metrics import MaintenanceMetrics
from target_app.maintenance.settings import MaintenanceSettings, read_maintenance_settings
from target_app.metrics import new_registry

logger = logging.getLogger("target_app.maintenance")

_AGAIN_S = 0.5


def prepare(env: Mapping[str, str]) -> Callable[[], None]:
    """What maintains the database until told to stop. Raises `BadSetting`."""
    settings = read_maintenance_settings(env)

    def run() -> None:
        from prometheus_client import start_http_server

        told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
        registry = new_registry()
        metrics = MaintenanceMetrics(registry)
        if _migrated(settings, told):
            start_http_server(settings.port, settings.host, registry)  # ready only now
            _maintain(settings, metrics, told)

    return run


def _migrated(settings: MaintenanceSettings, told: threading.Event) -> bool:
    """Wait for the database and bring its schema up to date; False if told to stop meanwhile."""
    import psycopg

    from target_app.maintenance import migrations
    from target_app.maintenance.connecting import connected

    while not told.is_set():
        try:
            with connected(settings.url) as connection:
                migrations.migrate(connection, migrations.shipped())
            return True
        except psycopg.OperationalError as error:
            logger.warning("not migrated yet: %s", " ".join(str(error).split()))
            told.wait(_AGAIN_S)
    return False


def _maintain(settings: MaintenanceSettings, metrics: MaintenanceMetrics, told: threading.Event) -> None:
    import psycopg

    from target_app.maintenance import backups
    from target_app.maintenance.connecting import connected
    from target_app.maintenance.invariants import violations

    backup_at = monotonic()
    while not told.is_set():
        try:
            with connected(settings.url) as connection:
                for name, rows in violations(connection).items():
                    metrics.violations.labels(name).set(rows)
                if monotonic() >= backup_at:
                    backup_at = monotonic() + settings.backup_every_s
                    backups.back_up(connection, settings.folder, settings.kept, datetime.now(UTC))
                    metrics.backed_up.set_to_current_time()
        except backups.DataDamaged as damage:
            logger.error("no backup is made of damaged data: %s", damage)
        except (psycopg.Error, OSError) as error:
            logger.error("maintenance failed: %s", " ".join(str(error).split()))
        told.wait(settings.check_every_s)
