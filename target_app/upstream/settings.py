"""Which LLM providers there are, and how patient we are with them."""

from dataclasses import dataclass, field

from target_app.settings import Reader

PROVIDERS = ("openai", "anthropic")


@dataclass(frozen=True)
class Provider:
    """How to reach one upstream LLM provider. `base_url` ends before `/chat/completions`."""

    name: str
    base_url: str
    api_key: str = field(repr=False)
    model: str = "small"


@dataclass(frozen=True)
class UpstreamSettings:
    """Durations are in seconds."""

    provider: Provider
    fallback: Provider | None
    timeout_s: float
    connect_timeout_s: float
    max_retries: int
    retry_budget_s: float
    max_concurrent_calls: int
    breaker_enabled: bool
    breaker_failure_threshold: int
    breaker_reset_timeout_s: float


def read_upstream_settings(read: Reader) -> UpstreamSettings:
    """The variables `LLM_*`, `CIRCUIT_BREAKER_*` and those of each provider. Raises `BadSetting`."""
    providers = {name: _provider(read, name) for name in PROVIDERS}
    fallback = read.choice("LLM_FALLBACK_PROVIDER", "", ("", *PROVIDERS))
    return UpstreamSettings(
        provider=providers[read.choice("LLM_PROVIDER", "openai", PROVIDERS)],
        fallback=providers[fallback] if fallback else None,
        timeout_s=read.seconds("LLM_TIMEOUT", 2.0),
        connect_timeout_s=read.seconds("LLM_CONNECT_TIMEOUT", 1.0),
        max_retries=read.integer("LLM_MAX_RETRIES", 2, 0, 20),
        retry_budget_s=read.seconds("LLM_RETRY_BUDGET", 1.5),
        max_concurrent_calls=read.integer("MAX_CONCURRENT_API_CALLS", 20, 1, 10_000),
        breaker_enabled=read.boolean("CIRCUIT_BREAKER_ENABLED", False),
        breaker_failure_threshold=read.integer("CIRCUIT_BREAKER_FAILURE_THRESHOLD", 5, 1, 1000),
        breaker_reset_timeout_s=read.seconds("CIRCUIT_BREAKER_RESET_TIMEOUT", 5.0),
    )


def _provider(read: Reader, name: str) -> Provider:
    upper = name.upper()
    return Provider(
        name=name,
        base_url=read.url(f"{upper}_BASE_URL", f"https://api.{name}.com/v1", ("http", "https")).rstrip("/"),
        api_key=read.text(f"{upper}_API_KEY", ""),
        model=read.text(f"{upper}_MODEL", "small"),
    )
