"""How soon 200 viewers of one drill see an event: wall milliseconds from before it is posted to when each has it.

The service is a process of its own on an SQLite file; the viewers, one connection each, are in this one, so on a
machine with two cores they share one of them. Every tenth viewer is the facilitator's and gets the scorecard as well.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

VIEWERS = 200
EVENTS = 60
PACE_S = 0.2
TOKENS = {role: f"{role}-of-the-benchmark" for role in ("facilitator", "responder", "observer", "ingest")}


class Service:
    """The scoring service as a process."""

    def __init__(self, folder: str) -> None:
        given = {f"GAMEDAY_{role.upper()}_TOKEN": token for role, token in TOKENS.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scoring", "serve", "--database", f"{folder}/drills.db", "--listen", "127.0.0.1:0"],
            env={**os.environ, **given},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        host, _, port = json.loads(self.process.stdout.readline())["url"].removeprefix("http://").rpartition(":")
        self.host, self.port = host, int(port)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    def request(self, method: str, path: str, role: str, body: Any = None) -> bytes:
        payload = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {TOKENS[role]}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n".encode() + payload

    async def post(self, path: str, body: Any) -> None:
        reader, writer = await self.connect()
        writer.write(self.request("POST", path, "ingest", body))
        status = (await reader.readline()).split()[1]
        assert status == b"201", status
        writer.close()


async def watch(service: Service, role: str, ready: asyncio.Semaphore, seen: dict[int, list[float]]) -> None:
    """One viewer: notes when each event arrives."""
    reader, writer = await service.connect()
    writer.write(service.request("GET", "/api/v1/drills/d/stream", role))
    while True:
        line = await reader.readline()
        if not line:
            break
        if line.startswith(b"retry:"):
            ready.release()
        elif line.startswith(b"id: "):
            seen.setdefault(int(line[4:]), []).append(time.perf_counter())
        elif line.startswith(b"event: end"):
            break
    writer.close()


async def measure(service: Service) -> list[float]:
    """Milliseconds, for each event and viewer."""
    started = {
        "id": "d",
        "playbook": "llm-research-lab",
        "clock": 60,
        "started_at": "2026-01-05T10:00:00Z",
        "truth": {},
    }
    await service.post("/api/v1/drills", started)
    ready, seen, posted = asyncio.Semaphore(0), dict[int, list[float]](), dict[int, float]()
    async with asyncio.TaskGroup() as viewers:
        for number in range(VIEWERS):
            role = "observer" if number % 10 else "facilitator"
            viewers.create_task(watch(service, role, ready, seen))
        for _ in range(VIEWERS):
            await ready.acquire()
        for seq in range(1, EVENTS + 1):
            posted[seq] = time.perf_counter()
            event = {"kind": "update.posted", "occurred_at": "2026-01-05T10:00:01Z", "data": {"text": f"update {seq}"}}
            await service.post("/api/v1/drills/d/events", event)
            await asyncio.sleep(PACE_S)
        event = {"kind": "drill.ended", "occurred_at": "2026-01-05T10:10:00Z"}
        await service.post("/api/v1/drills/d/events", event)
    missed = [seq for seq in posted if len(seen[seq]) != VIEWERS]
    assert not missed, f"not everybody saw {missed}"
    return [(at - posted[seq]) * 1000 for seq in posted for at in seen[seq]]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        service = Service(folder)
        try:
            took = asyncio.run(measure(service))
        finally:
            service.process.terminate()
            service.process.wait(timeout=10)
    p95 = statistics.quantiles(took, n=20)[-1]
    print(
        f"{VIEWERS} viewers saw {EVENTS} events within: median {statistics.median(took):.0f} ms, p95 {p95:.0f} ms,"
        f" worst {max(took):.0f} ms (at most 250 ms)"
    )


if __name__ == "__main__":
    main()
