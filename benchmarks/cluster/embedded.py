"""What these benchmarks share: a cluster as a process, a lean client, its cost, and figures beside their marks."""

import asyncio
import base64
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from simulator.processes import marked, sweep

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
WARM_UPS = 3
ELSEWHERE = "elsewhere"
"""A node that only its object knows: pods bound to it are objects without processes."""


@dataclass
class Cluster:
    """A running cluster."""

    pid: int
    url: str
    http: aiohttp.ClientSession
    subnet: str

    async def get(self, path: str, accept: str = "application/json") -> bytes:
        async with self.http.get(self.url + path, headers={"Accept": accept}) as answer:
            body = await answer.read()
            assert answer.status == 200, body
            return body

    async def send(self, method: str, path: str, body: Any, media: str = "application/json") -> Any:
        async with self.http.request(
            method, self.url + path, data=json.dumps(body), headers={"Content-Type": media}
        ) as answer:
            text = await answer.read()
            assert answer.status < 300, text
            return json.loads(text)

    async def create(self, path: str, body: Any) -> Any:
        return await self.send("POST", path, body)

    async def create_all(self, path: str, bodies: Iterable[Any], *, at_once: int = 16) -> None:
        """Several clients' worth of creates."""
        waiting = iter(bodies)

        async def client() -> None:
            for body in waiting:
                await self.create(path, body)

        await asyncio.gather(*(client() for _ in range(at_once)))

    async def add_elsewhere(self) -> None:
        await self.create("/api/v1/nodes", {"metadata": {"name": ELSEWHERE}})
        size = {"cpu": "64", "memory": "256Gi", "pods": "10000"}
        status = {"status": {"capacity": size, "allocatable": size}}
        path = f"/api/v1/nodes/{ELSEWHERE}/status"
        await self.send("PATCH", path, status, "application/merge-patch+json")

    def cpu_s(self) -> float:
        """CPU seconds of the server process alone."""
        return cpu_s(self.pid)

    def memory_mb(self) -> float:
        """Resident memory of the server process alone, in 10^6 bytes."""
        return resident_bytes(self.pid) / 1e6

    def others(self) -> list[int]:
        """What the server started: pods, the proxy, the reaper."""
        return _descendants(self.pid)


@asynccontextmanager
async def running(*flags: str) -> AsyncIterator[Cluster]:
    """A cluster of its own, gone afterwards."""
    mark = f"benchmark-{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(prefix="gameday-benchmark-") as state:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator.cluster", "--state", state, *flags],
            env=marked(mark),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = json.loads(await asyncio.to_thread(process.stdout.readline))
            async with _client(Path(line["kubeconfig"])) as http:
                yield Cluster(process.pid, line["server"], http, line["subnet"])
        finally:
            process.terminate()
            process.wait(30)
            sweep(mark)


@asynccontextmanager
async def _client(kubeconfig: Path) -> AsyncIterator[aiohttp.ClientSession]:
    config = yaml.safe_load(kubeconfig.read_text())
    authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=authority), limit=0)
    headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
    async with aiohttp.ClientSession(headers=headers, connector=connector, read_bufsize=1 << 20) as http:
        yield http


def pod(name: str, *, node: str | None = ELSEWHERE, labels: dict[str, str] | None = None, **container: Any) -> Any:
    """A pod as a Deployment's are: labels, a probe, resources, a few variables."""
    own = {
        "name": "web",
        "image": "python:3",
        "command": ["python", "-m", "http.server"],
        "env": [
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "DATABASE_URL", "value": "postgresql://app@db:5432/app"},
        ],
        "ports": [{"name": "http", "containerPort": 8000}],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
        **container,
    }
    spec: dict[str, Any] = {"containers": [own], "tolerations": [{"operator": "Exists"}]}
    if node is not None:
        spec["nodeName"] = node
    return {"metadata": {"name": name, "labels": {"app": "web", "tier": "front", **(labels or {})}}, "spec": spec}


async def median_ms(action: Callable[[], Awaitable[Any]], times: int) -> float:
    """Of an action, after a few that warm up."""
    taken = []
    for number in range(times + WARM_UPS):
        started = time.perf_counter()
        await action()
        if number >= WARM_UPS:
            taken.append((time.perf_counter() - started) * 1e3)
    return statistics.median(taken)


async def until(condition: Callable[[], Awaitable[Any]], limit_s: float = 120.0) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + limit_s
    while not await condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        await asyncio.sleep(0.05)


def show(what: str, figure: float, mark: float, unit: str, *, note: str = "") -> None:
    """One line: the figure, its mark (at most), and whether it is kept."""
    verdict = "ok" if figure <= mark else "OVER"
    print(f"{what:58} {figure:9.2f} {unit:9} mark {mark:7g}  {verdict}{'  ' + note if note else ''}", flush=True)


def cpu_s(pid: int) -> float:
    """User and system time of one process; 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lives(pid: int) -> bool:
    """Neither gone nor a zombie, which is nothing but a line in a table."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def resident_bytes(pid: int) -> int:
    """What the process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, todo = [], [pid]
    while todo:
        own = [child for child, parent in parents.items() if parent == todo[-1]]
        todo.pop()
        found += own
        todo += own
    return found
