"""What every process shows at `/metrics`, and the buckets of its durations."""

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, disable_created_metrics

# Fine around the limits that people are paged for: 0.5 s and 2 s.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0)


def new_registry() -> CollectorRegistry:
    """A registry of one process, with what the process itself uses."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the size of a scrape
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


def show_release(registry: CollectorRegistry, version: str) -> None:
    """Show which release a process is, to be joined with its other metrics."""
    Gauge("app_info", "1, labelled with the release that runs.", ["version"], registry=registry).labels(version).set(1)
