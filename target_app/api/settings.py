"""Everything that can be set of the API: its own settings, and those of the parts that it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from target_app.auth.settings import VerificationSettings, read_verification_settings
from target_app.cache.settings import CacheSettings, read_cache_settings
from target_app.database.settings import DatabaseSettings, read_database_settings
from target_app.jobs.settings import QueueSettings, read_queue_settings
from target_app.limits.settings import LimitSettings, read_limit_settings
from target_app.settings import Reader
from target_app.storage.settings import StorageSettings, read_storage_settings
from target_app.upstream.settings import UpstreamSettings, read_upstream_settings


@dataclass(frozen=True)
class Settings:
    """One process of the API."""

    database: DatabaseSettings
    cache: CacheSettings
    storage: StorageSettings
    limits: LimitSettings
    upstream: UpstreamSettings
    verification: VerificationSettings
    read_only: bool
    maintenance: bool
    queue: QueueSettings
    admin_key: str = field(repr=False)
    host: str
    port: int


def read_settings(env: Mapping[str, str]) -> Settings:
    """Settings from `env`. Raises `BadSetting` for the first one that is missing or malformed."""
    read = Reader(env)
    return Settings(
        database=read_database_settings(read),
        cache=read_cache_settings(read),
        storage=read_storage_settings(read),
        limits=read_limit_settings(read),
        upstream=read_upstream_settings(read),
        verification=read_verification_settings(read),
        read_only=read.boolean("READ_ONLY", False),
        maintenance=read.boolean("MAINTENANCE_MODE", False),
        queue=read_queue_settings(read),
        admin_key=read.text("ADMIN_KEY", ""),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8080, 0, 65535),
    )
