"""Scraping: which targets there are now, one request to each of them, and what it says about itself."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import aiohttp

from simulator.monitor.config import Job
from simulator.monitor.connection import Connection
from simulator.monitor.discovery import KubernetesDiscovery
from simulator.monitor.durations import format_duration
from simulator.monitor.exposition import ACCEPT
from simulator.monitor.ingest import Ingest, Taken
from simulator.monitor.labels import NAME, from_mapping
from simulator.monitor.storage import Storage
from simulator.monitor.targets import Dropped, Target, static_labels, targets_of

_HEALTH_SERIES = (
    "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)  # fmt: skip

PATIENCE = 0.4
"""The share of the interval for which rules wait for a round's slowest target."""


@dataclass(slots=True)
class ActiveTarget:
    """A target under scrape. Durations in seconds; `missed` counts scrapes that could not start in time."""

    target: Target
    ingest: Ingest
    health: str = "unknown"
    error: str = ""
    scraped_at_ms: int = 0
    duration_s: float = 0.0
    missed: int = 0
    is_gone: bool = False
    running: asyncio.Task[None] | None = field(default=None, repr=False)


class Pool:
    """The targets of one job, and the connections to them, which are kept alive between scrapes.

    Use as an async context manager: discovery and open scrapes end with it.
    """

    def __init__(self, job: Job, storage: Storage) -> None:
        self.job = job
        self.active: dict[Target, ActiveTarget] = {}
        self.dropped: list[Dropped] = []
        self._storage = storage
        self._is_outdated = True
        self._discoveries = [KubernetesDiscovery(search, self._outdate) for search in job.kubernetes]
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Pool":
        self._session = open_session(self.job.connection, self.job.timeout_ms)
        self._tasks = [asyncio.create_task(discovery.run()) for discovery in self._discoveries]
        return self

    async def __aexit__(self, *_: object) -> None:
        scrapes = [entry.running for entry in self.active.values() if entry.running]
        for task in (*self._tasks, *scrapes):
            task.cancel()
        await asyncio.gather(*self._tasks, *scrapes, return_exceptions=True)
        if self._session:
            await self._session.close()

    def _outdate(self) -> None:
        self._is_outdated = True

    def start_round(self, at_ms: int) -> list[asyncio.Task[None]]:
        """Begins a scrape of every target, with `at_ms` as the time of its samples.

        Returns those worth waiting for: not the ones of targets that took too long the last time.
        """
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()
        if self._is_outdated:
            self._is_outdated = False
            self._refresh(at_ms)
        started = []
        for entry in self.active.values():
            if entry.running is not None:
                if not entry.running.done():
                    entry.missed += 1
                    continue
                entry.running.result()  # an error of ours must not pass for a quiet target
            entry.running = asyncio.create_task(self._scrape(entry, at_ms))
            if entry.duration_s * 1000 < PATIENCE * self.job.interval_ms:
                started.append(entry.running)
        return started

    def _refresh(self, at_ms: int) -> None:
        found = [labels for discovery in self._discoveries for labels in discovery.targets()]
        wanted = list(targets_of(self.job, (*static_labels(self.job), *found)))
        self.dropped = [item for item in wanted if isinstance(item, Dropped)]
        kept = {item.url + repr(item.labels): item for item in wanted if isinstance(item, Target)}
        for target, entry in list(self.active.items()):
            newer = kept.pop(target.url + repr(target.labels), None)
            if newer is None:
                self._retire(entry, at_ms)
            else:
                self.active[newer] = self.active.pop(target)
                entry.target = newer
        for target in kept.values():
            ingest = Ingest(
                self._storage,
                target.labels,
                self.job.metric_relabellings,
                honor_labels=self.job.honor_labels,
            )
            self.active[target] = ActiveTarget(target, ingest)

    def _retire(self, entry: ActiveTarget, at_ms: int) -> None:
        del self.active[entry.target]
        entry.is_gone = True
        if entry.running:
            entry.running.cancel()
        entry.ingest.end(at_ms)
        for name in _HEALTH_SERIES:
            self._storage.series(from_mapping({**dict(entry.target.labels), NAME: name})).end(at_ms)

    async def _scrape(self, entry: ActiveTarget, at_ms: int) -> None:
        began = time.perf_counter()
        taken = Taken(0, 0, 0)
        try:
            text = await self._fetch(entry.target.url)
            taken = entry.ingest.take(text, at_ms)
            entry.health, entry.error = "up", ""
        except TimeoutError:
            limit = format_duration(self.job.timeout_ms)
            entry.health, entry.error = "down", f"no answer within the scrape timeout of {limit}"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            entry.health, entry.error = "down", str(error) or type(error).__name__
        if entry.is_gone:
            return
        if entry.health == "down":
            entry.ingest.end(at_ms)
        entry.scraped_at_ms, entry.duration_s = at_ms, time.perf_counter() - began
        figures = (float(entry.health == "up"), entry.duration_s, *map(float, taken))
        for name, value in zip(_HEALTH_SERIES, figures, strict=True):
            self._storage.series(from_mapping({**dict(entry.target.labels), NAME: name})).append(at_ms, value)

    async def _fetch(self, url: str) -> str:
        assert self._session is not None
        headers = self.job.connection.headers()
        name = self.job.connection.server_name or None
        async with self._session.get(url, headers=headers, server_hostname=name) as response:
            if response.status != 200:
                raise ValueError(f"server returned HTTP status {response.status} {response.reason}")
            return (await response.read()).decode("utf-8")


def open_session(connection: Connection, timeout_ms: int) -> aiohttp.ClientSession:
    """A client with the connection's TLS settings; the timeout covers a whole request."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=connection.ssl_context(), limit=0, keepalive_timeout=120),
        timeout=aiohttp.ClientTimeout(total=timeout_ms / 1000),
        headers={"Accept": ACCEPT, "Accept-Encoding": "identity", "User-Agent": "gameday-monitor"},
    )


def health_of(pools: Iterable[Pool]) -> Mapping[str, int]:
    """How many targets are in each state of health."""
    counts = {"up": 0, "down": 0, "unknown": 0}
    for pool in pools:
        for entry in pool.active.values():
            counts[entry.health] += 1
    return counts
