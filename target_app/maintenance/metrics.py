"""The state of the data, as `/metrics` shows it."""

from prometheus_client import CollectorRegistry, Gauge


class MaintenanceMetrics:
    """What the process that maintains the database saw last."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.violations = Gauge(
            "database_invariant_violations", "Rows that break an invariant.", ["invariant"], registry=registry
        )
        self.backed_up = Gauge(
            "backup_last_success_timestamp_seconds", "When the newest backup was written.", registry=registry
        )
