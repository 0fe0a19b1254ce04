"""Jobs as `/metrics` shows them: what waits, seen by the API, and what came of them, seen by each worker."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from target_app.metrics import BUCKETS_S

OUTCOMES = ("proved", "refuted", "invalid", "failed")
"""How a job can end: the first three are answers, the last one is none."""


class BacklogMetrics:
    """What waits; NaN where it could not be looked at."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.length = Gauge(
            "job_queue_length", "Jobs in the queue that are not finished, those under way included.", registry=registry
        )
        self.oldest_age = Gauge(
            "job_queue_oldest_age_seconds", "Seconds that the oldest job in the queue has waited.", registry=registry
        )
        self.lost = Gauge(
            "jobs_lost", "Jobs that the database holds as queued and that are in no queue.", registry=registry
        )


class WorkerMetrics:
    """What one worker made of the jobs that it took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.finished = Counter("jobs_finished_total", "Jobs by how they ended.", ["outcome"], registry=registry)
        self.put_back = Counter(
            "jobs_put_back_total",
            "Jobs that could not be finished and are tried again, by what was not available.",
            ["reason"],
            registry=registry,
        )
        self.seconds = Histogram(
            "job_duration_seconds", "Seconds of work on one job.", buckets=BUCKETS_S, registry=registry
        )
        for outcome in OUTCOMES:
            self.finished.labels(outcome)  # shown from the start at 0, so that a first rise is seen
        for reason in ("database", "queue", "verifier"):
            self.put_back.labels(reason)
