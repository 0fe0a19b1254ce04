"""Ages as `kubectl` prints them (k8s.io/apimachinery/pkg/util/duration, HumanDuration). Pure."""

from datetime import datetime
from functools import lru_cache

_DAY_H = 24
_YEAR_D = 365


def human(seconds: float) -> str:
    """A length of time in one or two units: `45s`, `3m20s`, `7h`, `2d3h`, `1y20d`."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 120:
        return f"{max(whole, 0)}s"
    minutes, rest_s = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes}m{rest_s}s" if rest_s else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours, rest_m = divmod(minutes, 60)
    if hours < 8:
        return f"{hours}h{rest_m}m" if rest_m else f"{hours}h"
    if hours < 2 * _DAY_H:
        return f"{hours}h"
    days, rest_h = divmod(hours, _DAY_H)
    if days < 8:
        return f"{days}d{rest_h}h" if rest_h else f"{days}d"
    if days < 2 * _YEAR_D:
        return f"{days}d"
    years, rest_d = divmod(days, _YEAR_D)
    return f"{years}y{rest_d}d" if years < 8 else f"{years}y"


def age(since: str | None, now: datetime) -> str:
    """Time from an RFC 3339 instant to `now`; `<unknown>` without one."""
    if not since:
        return "<unknown>"
    return human(now.timestamp() - _instant_s(since))


@lru_cache(maxsize=10_000)
def _instant_s(text: str) -> float:
    """Seconds since the epoch; many objects are made in one second, and each list asks for them again."""
    return datetime.fromisoformat(text).timestamp()
