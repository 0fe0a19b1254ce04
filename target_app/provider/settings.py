"""What a provider is set to by its environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from target_app.settings import BadSetting, Reader


@dataclass(frozen=True)
class ProviderSettings:
    """What the provider is set to. `keys` maps a secret to the name that metrics show."""

    name: str
    keys: Mapping[str, str] = field(repr=False)
    admin_token: str = field(repr=False)
    requests_per_minute: float
    burst: float
    latency_s: float
    host: str
    port: int


def read_provider_settings(env: Mapping[str, str]) -> ProviderSettings:
    """Settings from `env`. Raises `BadSetting`."""
    read = Reader(env)
    keys = {}
    for pair in read.text("PROVIDER_API_KEYS", None).split(","):
        name, separator, secret = pair.strip().partition("=")
        if not (name and separator and secret):
            raise BadSetting("PROVIDER_API_KEYS must be name=secret pairs with commas between")
        keys[secret] = name
    limits = {
        name: read.number(name, default)
        for name, default in (("PROVIDER_REQUESTS_PER_MINUTE", 60_000.0), ("PROVIDER_BURST", 1000.0))
    }
    for name, value in limits.items():
        if not 0 <= value < math.inf:
            raise BadSetting(f"{name} must be 0 or more, not {value}")
    return ProviderSettings(
        name=read.text("PROVIDER_NAME", "provider"),
        keys=keys,
        admin_token=read.text("PROVIDER_ADMIN_TOKEN", None),
        requests_per_minute=limits["PROVIDER_REQUESTS_PER_MINUTE"],
        burst=limits["PROVIDER_BURST"],
        latency_s=read.seconds("PROVIDER_LATENCY", 0.03),
        host=read.text("POD_IP", "0.0.0.0"),
        port=read.integer("PORT", 8090, 0, 65535),
    )
