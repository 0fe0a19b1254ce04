"""What Valkey itself says of its memory and of the writes that it refused, and whose keys it holds."""

from typing import Any

from valkey import Valkey
from valkey.exceptions import ValkeyError

from simulator.faults.waiting import until

_STEP = 500


def writes_refused(cache_url: str, by: int = 10, timeout: float = 20) -> dict[str, Any]:
    """Probe: the cache refuses at least `by` more writes for want of memory than when the probe began."""
    with Valkey.from_url(cache_url, socket_timeout=3) as cache:
        before = _refused(cache)
        refused = until(lambda: _refused(cache), lambda n: n >= before + by, "writes refused by the cache", timeout)
        memory: Any = cache.info("memory")
    return {"refused": refused - before, "used": memory["used_memory_human"], "of": memory["maxmemory_human"]}


def answers(cache_url: str) -> bool:
    """Probe: whether the cache answers at all."""
    with Valkey.from_url(cache_url, socket_timeout=3, socket_connect_timeout=3) as cache:
        try:
            return bool(cache.ping())
        except ValkeyError:
            return False


def is_gone(cache_url: str, timeout: float = 20) -> str:
    """Probe: the cache answers nobody."""
    until(lambda: answers(cache_url), lambda found: not found, "the cache gone", timeout)
    return "nobody answers at the address of the cache"


def keys_of(cache_url: str, pattern: str) -> int:
    """Probe: how many keys match a pattern."""
    with Valkey.from_url(cache_url, socket_timeout=3) as cache:
        return sum(1 for _ in cache.scan_iter(pattern, count=_STEP))


def holds_keys(cache_url: str, pattern: str, at_least: int, timeout: float = 30) -> int:
    """Probe: at least so many keys match a pattern. Returns how many do."""
    return until(lambda: keys_of(cache_url, pattern), lambda n: n >= at_least, f"keys {pattern} in the cache", timeout)


def remove_keys(cache_url: str, pattern: str) -> int:
    """Action: remove the keys that match a pattern. Idempotent. Returns how many there were."""
    with Valkey.from_url(cache_url, socket_timeout=3) as cache:
        keys = list(cache.scan_iter(pattern, count=_STEP))
        for start in range(0, len(keys), _STEP):
            cache.unlink(*keys[start : start + _STEP])
    return len(keys)


def set_memory_limit(cache_url: str, limit: str) -> str:
    """Action: set `maxmemory`, such as `32mb`, of the running server. Idempotent."""
    with Valkey.from_url(cache_url, socket_timeout=3) as cache:
        cache.config_set("maxmemory", limit)
    return limit


def set_eviction_policy(cache_url: str, policy: str) -> str:
    """Action: set `maxmemory-policy` of the running server. Idempotent."""
    with Valkey.from_url(cache_url, socket_timeout=3) as cache:
        cache.config_set("maxmemory-policy", policy)
    return policy


def _refused(cache: Valkey) -> int:
    statistics: Any = cache.info("errorstats")
    return int(statistics.get("errorstat_OOM", {"count": 0})["count"])
