"""Targets out of a Kubernetes API: lists and watches what a role needs, and keeps a mirror of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import aiohttp
import orjson

from simulator.monitor.config import KubernetesSearch
from simulator.monitor.connection import Cluster, read_kubeconfig
from simulator.monitor.kubernetes_labels import Labels, Object, endpoints_targets, node_targets, pod_targets

_RESOURCES = {"pod": ("pods",), "endpoints": ("endpoints", "services", "pods"), "node": ("nodes",)}
_WATCH_S = 290
_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)


class _Expired(Exception):
    """The version to watch from is too old (410): list again."""


class KubernetesDiscovery:
    """Follows one API server for one `kubernetes_sd_configs` entry.

    Parameters:
        search: what to look for, and where
        on_change: called, in the event loop, after each change of the mirror

    Raises BadConfig if the kubeconfig cannot be used. While the API cannot be reached, the last known
    targets stay, as with Prometheus.
    """

    def __init__(self, search: KubernetesSearch, on_change: Callable[[], None]) -> None:
        self._search = search
        self._on_change = on_change
        self._cluster: Cluster = read_kubeconfig(search.kubeconfig)
        self._mirror: dict[str, dict[str, Object]] = {kind: {} for kind in _RESOURCES[search.role]}

    def targets(self) -> Iterator[Labels]:
        """The discovered label sets, before any relabelling."""
        if self._search.role == "pod":
            return pod_targets(self._mirror["pods"])
        if self._search.role == "node":
            return node_targets(self._mirror["nodes"])
        return endpoints_targets(self._mirror["endpoints"], self._mirror["services"], self._mirror["pods"])

    async def run(self) -> None:
        """Follows the API until cancelled."""
        connector = aiohttp.TCPConnector(ssl=self._cluster.ssl_context())
        async with (
            aiohttp.ClientSession(
                self._cluster.server, connector=connector, headers={"User-Agent": "gameday-monitor"}
            ) as session,
            asyncio.TaskGroup() as tasks,
        ):
            for kind in self._mirror:
                for namespace in ("",) if kind == "nodes" else self._search.namespaces or ("",):
                    path = f"/api/v1/namespaces/{namespace}/{kind}" if namespace else f"/api/v1/{kind}"
                    tasks.create_task(self._follow(session, kind, namespace, path))

    async def _follow(self, session: aiohttp.ClientSession, kind: str, namespace: str, path: str) -> None:
        failures = 0
        while True:
            try:
                version = await self._list(session, kind, namespace, path)
                failures = 0
                with suppress(_Expired):
                    while True:
                        version = await self._watch(session, kind, path, version)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                log.log(logging.WARNING if failures == 0 else logging.DEBUG, "cannot watch %s: %s", path, error)
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1

    async def _list(self, session: aiohttp.ClientSession, kind: str, namespace: str, path: str) -> str:
        async with session.get(path, headers=self._cluster.connection.headers()) as response:
            response.raise_for_status()
            body = orjson.loads(await response.read())
        mirror = self._mirror[kind]
        for key in [key for key in mirror if not namespace or key.startswith(f"{namespace}/")]:
            del mirror[key]
        mirror.update((_key(item), item) for item in body.get("items") or ())
        self._on_change()
        return str(body["metadata"]["resourceVersion"])

    async def _watch(self, session: aiohttp.ClientSession, kind: str, path: str, version: str) -> str:
        params = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_S),
        }
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_WATCH_S + 30)
        headers = self._cluster.connection.headers()
        async with session.get(path, params=params, headers=headers, timeout=timeout) as response:
            if response.status == 410:
                raise _Expired
            response.raise_for_status()
            async for event in _lines(response.content):
                thing = event["object"]
                if event["type"] == "ERROR":
                    if thing.get("code") == 410:
                        raise _Expired
                    raise ValueError(thing.get("message", "the watch failed"))
                version = thing["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    self._mirror[kind].pop(_key(thing), None)
                elif event["type"] != "BOOKMARK":
                    self._mirror[kind][_key(thing)] = thing
                self._on_change()
        return version


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """The JSON documents of a watch, one per line, of any length."""
    buffer = b""
    async for chunk in content.iter_any():
        *whole, buffer = (buffer + chunk).split(b"\n")
        for line in whole:
            if line:
                yield orjson.loads(line)


def _key(thing: Object) -> str:
    return f"{thing['metadata'].get('namespace', '')}/{thing['metadata']['name']}"
