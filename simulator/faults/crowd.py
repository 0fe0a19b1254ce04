"""Many more requests than usual, or dear ones: `python -m simulator.faults crowd`.

Somebody's campaign, or somebody's batch that compares everything with everything. It begins RATE_PER_S requests a
second whether or not the earlier ones were answered, at most CONCURRENT at a time, each with a connection of its own,
so that new replicas get their share. With UNTIL_SLOW_S the rate grows, by a tenth each second and at most eightfold,
until an answer has taken that long on average for two seconds: a crowd that is somewhat too large, however fast the
machine is. It asks loopback addresses only and ends by itself. Settings by environment: TARGET_URL, API_KEY, PATHS
(what it asks for in turn, default `/experiments`), RATE_PER_S (default 20), UNTIL_SLOW_S (default 0: the rate stays),
CONCURRENT (default 30), TIMEOUT_S (default 3), LASTS_S (default 600).
"""

import asyncio
import ipaddress
import os
import signal
import sys
from dataclasses import dataclass
from itertools import cycle
from time import monotonic
from urllib.parse import urlsplit

_GROWTH_PER_S = 1.1
_MOST_GROWTH = 8.0
_SLOW_FOR_S = 2.0


@dataclass(frozen=True)
class Crowd:
    """What is asked of whom, and how often; times in wall seconds."""

    host: str
    port: int
    api_key: str
    paths: tuple[str, ...]
    rate_per_s: float
    until_slow_s: float
    concurrent: int
    timeout_s: float
    lasts_s: float


def read_settings(env: dict[str, str]) -> Crowd:
    """Raises `ValueError` for a target that is not on the loopback network."""
    parts = urlsplit(env["TARGET_URL"])
    host = parts.hostname or ""
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"TARGET_URL: {host} is not on the loopback network, and nobody else is asked")
    return Crowd(
        host=host,
        port=parts.port or 80,
        api_key=env.get("API_KEY", ""),
        paths=tuple(env.get("PATHS", "/experiments").split()),
        rate_per_s=float(env.get("RATE_PER_S", "20")),
        until_slow_s=float(env.get("UNTIL_SLOW_S", "0")),
        concurrent=int(env.get("CONCURRENT", "30")),
        timeout_s=float(env.get("TIMEOUT_S", "3")),
        lasts_s=float(env.get("LASTS_S", "600")),
    )


async def crowd(settings: Crowd) -> None:
    """Ask until the time is over. A place in the schedule that finds all requests under way is left out."""
    due = began = monotonic()
    rate, is_growing = settings.rate_per_s, settings.until_slow_s > 0
    quick_at = began
    under_way: set[asyncio.Task[None]] = set()
    for path in cycle(settings.paths):
        if due - began > settings.lasts_s:
            break
        await asyncio.sleep(max(0.0, due - monotonic()))
        if len(under_way) < settings.concurrent:
            task = asyncio.create_task(_ask(settings, path))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        # Little's law: what is under way is the rate times the mean of what an answer takes.
        if len(under_way) < rate * settings.until_slow_s:
            quick_at = due
        is_growing = is_growing and due - quick_at < _SLOW_FOR_S
        if is_growing:
            rate = min(rate * _GROWTH_PER_S ** (1 / rate), settings.rate_per_s * _MOST_GROWTH)
        due += 1 / rate


async def _ask(settings: Crowd, path: str) -> None:
    """One request; whatever becomes of it."""
    head = f"GET {path} HTTP/1.1\r\nHost: {settings.host}\r\nX-API-Key: {settings.api_key}\r\nConnection: close\r\n\r\n"
    writer = None
    try:
        async with asyncio.timeout(settings.timeout_s):
            reader, writer = await asyncio.open_connection(settings.host, settings.port)
            writer.write(head.encode())
            while await reader.read(65536):
                pass
    except (OSError, TimeoutError):
        return
    finally:
        if writer is not None:
            writer.close()


def main() -> None:
    """Read the settings and go; SIGTERM ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(crowd(read_settings(dict(os.environ))))
