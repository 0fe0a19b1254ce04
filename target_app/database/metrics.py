"""The pool of connections and the statements, as `/metrics` shows them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from target_app.metrics import BUCKETS_S


class DatabaseMetrics:
    """One process's view of its database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.pool_connections = Gauge(
            "db_pool_connections",
            "Connections of the database pool: idle, in_use, or connecting.",
            ["state"],
            registry=registry,
        )
        self.pool_max_connections = Gauge(
            "db_pool_max_connections", "Most connections that the pool may hold.", registry=registry
        )
        self.pool_waiters = Gauge(
            "db_pool_waiters", "Requests that wait for a connection of the pool.", registry=registry
        )
        self.pool_timeouts = Counter(
            "db_pool_timeouts_total", "Requests that gave up waiting for a connection.", registry=registry
        )
        self.errors = Counter(
            "db_errors_total",
            "Connections and statements that PostgreSQL refused or broke, by SQLSTATE.",
            ["sqlstate"],
            registry=registry,
        )
        self.query_seconds = Histogram(
            "database_query_duration_seconds",
            "Seconds of a statement, without the wait for a connection.",
            buckets=BUCKETS_S,
            registry=registry,
        )
        self.statements = Gauge(
            "db_statements_in_progress", "Statements that the database has not answered yet.", registry=registry
        )
        self.oldest_statement_seconds = Gauge(
            "db_oldest_statement_seconds",
            "Seconds since the oldest of the statements in progress was sent; 0 where there is none.",
            registry=registry,
        )
