"""Where the queue is, and what a worker needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from target_app.database.settings import DatabaseSettings, read_database_settings
from target_app.settings import Reader

BACKENDS = ("lean", "isabelle")


@dataclass(frozen=True)
class QueueSettings:
    """Durations are in seconds."""

    url: str = field(repr=False)
    timeout_s: float
    visibility_timeout_s: float


@dataclass(frozen=True)
class VerifierSettings:
    """Which verifier is asked, and which version of it the statements are written for."""

    url: str
    backend: str
    version: str
    timeout_s: float


@dataclass(frozen=True)
class WorkerSettings:
    """One worker process; `name` is its own among the workers."""

    database: DatabaseSettings
    queue: QueueSettings
    verifier: VerifierSettings
    name: str
    concurrency: int
    max_attempts: int
    host: str
    port: int


def read_queue_settings(read: Reader) -> QueueSettings:
    """The variables `QUEUE_URL`, `QUEUE_TIMEOUT` and `JOB_VISIBILITY_TIMEOUT`. Raises `BadSetting`."""
    return QueueSettings(
        url=read.url("QUEUE_URL", "redis://127.0.0.1:6379/0", ("redis", "valkey")),
        timeout_s=read.seconds("QUEUE_TIMEOUT", 1.0),
        visibility_timeout_s=read.seconds("JOB_VISIBILITY_TIMEOUT", 30.0),
    )


def read_worker_settings(env: Mapping[str, str]) -> WorkerSettings:
    """Settings from `env`. Raises `BadSetting`."""
    read = Reader(env)
    backend = read.choice("VERIFIER_BACKEND", "lean", BACKENDS)
    return WorkerSettings(
        database=read_database_settings(read),
        queue=read_queue_settings(read),
        verifier=VerifierSettings(
            url=read.url("VERIFIER_URL", "http://127.0.0.1:8070", ("http", "https")).rstrip("/"),
            backend=backend,
            version=read.text(f"{backend.upper()}_TOOLCHAIN", None),
            timeout_s=read.seconds("VERIFIER_TIMEOUT", 2.0),
        ),
        name=read.text("HOSTNAME", "worker"),
        concurrency=read.integer("WORKER_CONCURRENCY", 4, 1, 100),
        max_attempts=read.integer("JOB_MAX_ATTEMPTS", 3, 1, 100),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8085, 0, 65535),
    )
