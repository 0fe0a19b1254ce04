"""Reads and writes of the cache. Each waits for a cache that is away or has no room, and then does without it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
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
    """The cache did not answer in all the time that it was given."""


class Cache:
    """Values by key; `trouble` is None, or what went wrong last and has not gone right since."""

    def __init__(self, settings: CacheSettings, metrics: CacheMetrics) -> None:
        self.trouble: str | None = None
        self._settings = settings
        self._metrics = metrics
        self._client: Valkey | None = None

    async def open(self) -> None:
        """Connections are made as they are needed, so that an absent cache keeps nobody from starting."""
        if self._settings.url:
            self._client = Valkey.from_url(
                self._settings.url,
                client_name="llm-research-api",
                lib_name=None,
                socket_timeout=self._settings.timeout_s,
                socket_connect_timeout=self._settings.timeout_s,
                retry=Retry(NoBackoff(), 0),  # how often to try is decided here
            )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def get(self, key: str) -> bytes | None:
        """The value, or None, as always where no cache is set.

        A cache that is away is waited for. Raises `CacheUnavailable` if it is not back in time.
        """
        client = self._client
        if client is None:
            return None
        began = perf_counter()
        try:
            value: bytes | None = await self._insist(lambda: client.get(key))
        except ValkeyError as error:
            self._metrics.reads.labels("unavailable").inc()
            raise CacheUnavailable(str(error)) from error
        finally:
            self._metrics.seconds.observe(perf_counter() - began)
        self._metrics.reads.labels("miss" if value is None else "hit").inc()
        return value

    async def set(self, key: str, value: bytes) -> None:
        """Keep a value for `CACHE_TTL`. One that the cache does not take in time is lost, which is no error."""
        client = self._client
        if client is not None:
            with suppress(ValkeyError):
                await self._insist(lambda: client.set(key, value, px=round(self._settings.ttl_s * 1000)))

    async def _insist(self, command: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        """Try for `CACHE_RETRY_FOR`, at longer and longer intervals. Raises what went wrong last."""
        deadline, pause_s = monotonic() + self._settings.retry_for_s, _FIRST_PAUSE_S
        while True:
            try:
                answer = await command()
            except (Unreachable, TooLate, OutOfMemoryError) as error:
                self._failed(error)
                left_s = deadline - monotonic()
                if left_s <= 0:
                    raise
                await asyncio.sleep(min(pause_s, left_s))
                pause_s *= 2
            else:
                self.trouble = None
                return answer

    def _failed(self, error: ValkeyError) -> None:
        self._metrics.errors.labels(_kind(error)).inc()
        trouble = " ".join(str(error).split()) or type(error).__name__
        if self.trouble is None:  # one line when it begins, not one for each request
            logger.error("cache error: %s", trouble)
        self.trouble = trouble


def _kind(error: ValkeyError) -> str:
    if isinstance(error, OutOfMemoryError):
        return "out_of_memory"
    if isinstance(error, TooLate):
        return "timeout"
    return "unreachable"
