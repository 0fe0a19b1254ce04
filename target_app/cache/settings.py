"""How the cache is reached, how long it keeps things, and how long it is waited for."""

from dataclasses import dataclass, field

from target_app.settings import Reader


@dataclass(frozen=True)
class CacheSettings:
    """Durations are in seconds. Without a `url` there is no cache."""

    url: str = field(repr=False)
    ttl_s: float
    timeout_s: float
    retry_for_s: float


def read_cache_settings(read: Reader) -> CacheSettings:
    """The variables `CACHE_*`. Raises `BadSetting`."""
    return CacheSettings(
        url=read.url("CACHE_URL", None, ("valkey", "redis")) if read.text("CACHE_URL", "") else "",
        ttl_s=read.seconds("CACHE_TTL", 300.0),
        timeout_s=read.seconds("CACHE_TIMEOUT", 0.25),
        retry_for_s=read.seconds("CACHE_RETRY_FOR", 0.5),
    )
