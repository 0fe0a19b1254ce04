"""How the database is reached, and how many connections a process may hold."""

from dataclasses import dataclass, field

from target_app.settings import BadSetting, Reader


@dataclass(frozen=True)
class DatabaseSettings:
    """Durations are in seconds."""

    url: str = field(repr=False)
    pool_size: int
    pool_min_size: int
    pool_timeout_s: float
    pool_max_lifetime_s: float
    pool_max_idle_s: float
    connect_timeout_s: float
    connect_jitter_s: float
    statement_timeout_s: float


def read_database_settings(read: Reader) -> DatabaseSettings:
    """The variables `DATABASE_URL` and `DB_*`. Raises `BadSetting`."""
    settings = DatabaseSettings(
        url=read.url("DATABASE_URL", None, ("postgresql", "postgres")),
        pool_size=read.integer("DB_POOL_SIZE", 5, 1, 1000),
        pool_min_size=read.integer("DB_POOL_MIN_SIZE", 1, 0, 1000),
        pool_timeout_s=read.seconds("DB_POOL_TIMEOUT", 1.0),
        pool_max_lifetime_s=read.seconds("DB_POOL_MAX_LIFETIME", 300.0),
        pool_max_idle_s=read.seconds("DB_POOL_MAX_IDLE", 60.0),
        connect_timeout_s=read.seconds("DB_CONNECT_TIMEOUT", 2.0),
        connect_jitter_s=read.seconds("DB_CONNECT_JITTER", 0.1),
        statement_timeout_s=read.seconds("DB_STATEMENT_TIMEOUT", 5.0),
    )
    if settings.pool_min_size > settings.pool_size:
        raise BadSetting(f"DB_POOL_MIN_SIZE is {settings.pool_min_size}, more than DB_POOL_SIZE {settings.pool_size}")
    return settings
