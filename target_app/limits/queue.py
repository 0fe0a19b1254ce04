"""A queue before the work: so many requests at once, so many that wait, and none that waits for long."""

import asyncio

from target_app.limits.metrics import LimitMetrics
from target_app.limits.settings import LimitSettings


class Shed(Exception):
    """A request that is not taken on; the message may be shown to its client."""


class RequestQueue:
    """Places for the requests that are worked on. First come, first served."""

    def __init__(self, settings: LimitSettings, metrics: LimitMetrics) -> None:
        self._places = asyncio.Semaphore(settings.max_concurrent)
        self._size = settings.queue_size
        self._timeout_s = settings.queue_timeout_s
        self._waiting = 0
        self._metrics = metrics
        metrics.max_concurrent.set(settings.max_concurrent)
        metrics.queued.set_function(lambda: self._waiting)

    async def enter(self) -> None:
        """Take a place, to be given back with `leave`. Raises `Shed` if too many wait, or it takes too long."""
        if self._places.locked() and self._waiting >= self._size:
            self._metrics.shed.labels("queue_full").inc()
            raise Shed(f"{self._waiting} requests wait already")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._places.acquire()
        except TimeoutError:
            self._metrics.shed.labels("queue_timeout").inc()
            raise Shed(f"no place became free within {self._timeout_s:g} s") from None
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        self._places.release()
