"""Settings by environment variables; one that is malformed names itself, what it holds and what it should hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

PROVIDERS = ("openai", "anthropic")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class BadSetting(Exception):
    """A setting that the process cannot start with; the message is the one line to log."""


@dataclass(frozen=True)
class Provider:
    """How to reach one upstream LLM provider. `base_url` ends before `/chat/completions`."""

    name: str
    base_url: str
    api_key: str = field(repr=False)
    model: str = "small"


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. Durations are in seconds."""

    database_url: str = field(repr=False)
    db_pool_size: int
    db_pool_min_size: int
    db_pool_timeout_s: float
    db_pool_max_lifetime_s: float
    db_pool_max_idle_s: float
    db_connect_timeout_s: float
    db_connect_jitter_s: float
    db_statement_timeout_s: float
    llm_provider: Provider
    llm_fallback_provider: Provider | None
    llm_timeout_s: float
    llm_max_retries: int
    llm_retry_budget_s: float
    max_concurrent_api_calls: int
    circuit_breaker_enabled: bool
    circuit_breaker_failure_threshold: int
    circuit_breaker_reset_timeout_s: float
    admin_key: str = field(repr=False)
    log_level: str
    host: str
    port: int


def read_settings(env: Mapping[str, str]) -> Settings:
    """Settings from `env`. Raises `BadSetting` for the first one that is missing or malformed."""
    read = Reader(env)
    providers = {name: _provider(read, name) for name in PROVIDERS}
    fallback = read.choice("LLM_FALLBACK_PROVIDER", "", ("", *PROVIDERS))
    settings = Settings(
        database_url=read.url("DATABASE_URL", None, ("postgresql", "postgres")),
        db_pool_size=read.integer("DB_POOL_SIZE", 5, 1, 1000),
        db_pool_min_size=read.integer("DB_POOL_MIN_SIZE", 1, 0, 1000),
        db_pool_timeout_s=read.seconds("DB_POOL_TIMEOUT", 1.0),
        db_pool_max_lifetime_s=read.seconds("DB_POOL_MAX_LIFETIME", 300.0),
        db_pool_max_idle_s=read.seconds("DB_POOL_MAX_IDLE", 60.0),
        db_connect_timeout_s=read.seconds("DB_CONNECT_TIMEOUT", 2.0),
        db_connect_jitter_s=read.seconds("DB_CONNECT_JITTER", 0.1),
        db_statement_timeout_s=read.seconds("DB_STATEMENT_TIMEOUT", 5.0),
        llm_provider=providers[read.choice("LLM_PROVIDER", "openai", PROVIDERS)],
        llm_fallback_provider=providers[fallback] if fallback else None,
        llm_timeout_s=read.seconds("LLM_TIMEOUT", 2.0),
        llm_max_retries=read.integer("LLM_MAX_RETRIES", 2, 0, 20),
        llm_retry_budget_s=read.seconds("LLM_RETRY_BUDGET", 1.5),
        max_concurrent_api_calls=read.integer("MAX_CONCURRENT_API_CALLS", 20, 1, 10_000),
        circuit_breaker_enabled=read.boolean("CIRCUIT_BREAKER_ENABLED", False),
        circuit_breaker_failure_threshold=read.integer("CIRCUIT_BREAKER_FAILURE_THRESHOLD", 5, 1, 1000),
        circuit_breaker_reset_timeout_s=read.seconds("CIRCUIT_BREAKER_RESET_TIMEOUT", 5.0),
        admin_key=read.text("ADMIN_KEY", ""),
        log_level=read.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8080, 0, 65535),
    )
    if settings.db_pool_min_size > settings.db_pool_size:
        raise BadSetting(
            f"DB_POOL_MIN_SIZE is {settings.db_pool_min_size}, more than DB_POOL_SIZE {settings.db_pool_size}"
        )
    return settings


def _provider(read: "Reader", name: str) -> Provider:
    upper = name.upper()
    return Provider(
        name=name,
        base_url=read.url(f"{upper}_BASE_URL", f"https://api.{name}.com/v1", ("http", "https")).rstrip("/"),
        api_key=read.text(f"{upper}_API_KEY", ""),
        model=read.text(f"{upper}_MODEL", "small"),
    )


class Reader:
    """Reads single values; an empty value counts as not set. `default=None` makes a setting required."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str, default: str | None) -> str:
        value = self._env.get(name, "").strip() or default
        if value is None:
            raise BadSetting(f"{name} is not set")
        return value

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in known:
            raise BadSetting(f"{name} must be one of {', '.join(filter(None, known))}, not {value!r}")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value not in ("true", "false", "1", "0"):
            raise BadSetting(f"{name} must be true or false, not {value!r}")
        return value in ("true", "1")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self._convert(name, str(default), int, "a whole number")
        if not low <= value <= high:
            raise BadSetting(f"{name} must be from {low} to {high}, not {value}")
        return value

    def seconds(self, name: str, default: float) -> float:
        value = self._convert(name, str(default), float, "a number of seconds")
        if not 0 < value < float("inf"):
            raise BadSetting(f"{name} must be more than 0 seconds, not {value}")
        return value

    def number(self, name: str, default: float) -> float:
        return self._convert(name, str(default), float, "a number")

    def url(self, name: str, default: str | None, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:  # a port that is no number; the value is not shown, it may hold a password
            good = False
        if not good:
            raise BadSetting(f"{name} must be a URL that begins with {schemes[0]}:// and names a host")
        return value

    def _convert(self, name: str, default: str, convert: Callable[[str], T], wanted: str) -> T:
        value = self.text(name, default)
        try:
            return convert(value)
        except ValueError:
            raise BadSetting(f"{name} must be {wanted}, not {value!r}") from None
