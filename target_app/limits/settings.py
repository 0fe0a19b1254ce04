"""How many requests one process takes on."""

from dataclasses import dataclass

from target_app.settings import BadSetting, Reader


@dataclass(frozen=True)
class LimitSettings:
    """`rate_per_s` is requests a second for each client, 0 for no limit; `rate_burst` may come at once."""

    max_concurrent: int
    queue_size: int
    queue_timeout_s: float
    rate_per_s: float
    rate_burst: int


def read_limit_settings(read: Reader) -> LimitSettings:
    """The variables `MAX_CONCURRENT_REQUESTS`, `REQUEST_QUEUE_*` and `RATE_LIMIT_*`. Raises `BadSetting`."""
    settings = LimitSettings(
        max_concurrent=read.integer("MAX_CONCURRENT_REQUESTS", 100, 1, 100_000),
        queue_size=read.integer("REQUEST_QUEUE_SIZE", 100, 0, 100_000),
        queue_timeout_s=read.seconds("REQUEST_QUEUE_TIMEOUT", 1.0),
        rate_per_s=read.number("RATE_LIMIT_PER_SECOND", 0.0),
        rate_burst=read.integer("RATE_LIMIT_BURST", 20, 1, 100_000),
    )
    if not 0 <= settings.rate_per_s < float("inf"):
        raise BadSetting(f"RATE_LIMIT_PER_SECOND must be 0 (no limit) or more, not {settings.rate_per_s}")
    return settings
