"""Reads and writes of the cache. A read waits a while for a cache that is away; a write never holds anybody up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic, perf_counter

from valkey.asyncio import Valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff
from valkey.exceptions import ConnectionError as Unreachable
from valkey.exceptions import OutOfMemoryError, ValkeyError
from valkey.exceptions import TimeoutError as TooLate

from target_app.cache.metrics import CacheMetrics
from target_app.cache.settings import CacheSettings

logger = logging.getLogger("target_app.cache")

_FIRST_PAUSE_S = 0.05


class CacheUnavailable(Exception):
    """The cache did not answer in all the time that it was given, or there is none."""


class Cache:
    """Values by key."""

    def __init__(self, settings: CacheSettings, metrics: CacheMetrics) -> None:
        self._read_trouble: str | None = None
        self._write_trouble: str | None = None
        self._settings = settings
        self._metrics = metrics
        self._client: Valkey | None = None

    @property
    def trouble(self) -> str | None:
        """None, or what went wrong with the last read or write. A full cache may read and not write."""
        return self._read_trouble or self._write_trouble

    async def open(self) -> None:
        """Connections are made as they are needed, so that an absent cache keeps nobody from starting."""
        if self._settings.url:
            self._client = Valkey.from_url(
                self._settings.url,
                client_name="llm-research-api",
                lib_name=None,
                socket_timeout=self._settings.timeout_s,
                socket_connect_timeout=self._settings.timeout_s,
                retry=Retry(NoBackoff(), 0),  # how often to try is decided here, for all of a read's attempts at once
            )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def get(self, key: str) -> bytes | None:
        """The value, or None. A cache that is being restarted is waited for: raises `CacheUnavailable` only then."""
        client = self._client
        if client is None:
            raise CacheUnavailable("there is no cache")
        began = perf_counter()
        try:
            value: bytes | None = await self._reach(lambda: client.get(key))
        except ValkeyError as error:
            self._metrics.reads.labels("unavailable").inc()
            raise CacheUnavailable(str(error)) from error
        finally:
            self._metrics.seconds.observe(perf_counter() - began)
        self._metrics.reads.labels("miss" if value is None else "hit").inc()
        return value

    async def set(self, key: str, value: bytes) -> None:
        """Keep a value for `CACHE_TTL`. One that is not taken is lost, which is counted and no error."""
        if self._client is None:
            return
        try:
            await self._client.set(key, value, px=round(self._settings.ttl_s * 1000))
            self._write_trouble = None
        except ValkeyError as error:
            self._write_trouble = self._count(error, self._write_trouble)

    async def _reach(self, read: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        deadline, pause_s = monotonic() + self._settings.reconnect_for_s, _FIRST_PAUSE_S
        while True:
            try:
                value = await read()
            except (Unreachable, TooLate) as error:
                self._read_trouble = self._count(error, self._read_trouble)
                left_s = deadline - monotonic()
                if left_s <= 0:
                    raise
                await asyncio.sleep(min(pause_s, left_s))
                pause_s *= 2
            else:
                self._read_trouble = None
                return value

    def _count(self, error: ValkeyError, before: str | None) -> str:
        self._metrics.errors.labels(_kind(error)).inc()
        trouble = " ".join(str(error).split()) or type(error).__name__
        if trouble != before:  # one line when it begins, not one for each request
            logger.error("cache error: %s", trouble)
        return trouble


def _kind(error: ValkeyError) -> str:
    if isinstance(error, OutOfMemoryError):
        return "out_of_memory"
    if isinstance(error, TooLate):
        return "timeout"
    return "unreachable" if isinstance(error, Unreachable) else "other"
