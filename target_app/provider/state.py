"""What the provider holds while it runs, and its console changes."""

from collections.abc import Callable
from dataclasses import dataclass

from target_app.provider.condition import Condition
from target_app.provider.keys import Keys
from target_app.provider.quota import Quota
from target_app.provider.settings import ProviderSettings


@dataclass
class ProviderState:
    """`quotas` has one for each account's name."""

    keys: Keys
    quotas: dict[str, Quota]
    condition: Condition


def initial_state(settings: ProviderSettings, clock: Callable[[], float]) -> ProviderState:
    """Well, with a full bucket for each account. `clock` counts seconds."""
    keys = Keys(settings.keys)
    quotas = {name: Quota(settings.requests_per_minute, settings.burst, clock) for name in keys.names}
    return ProviderState(keys, quotas, Condition(settings.latency_s))
