"""How much later than necessary the monitor tells of a failure, in scrape intervals.

A gauge flips at a random moment; the rule has a `for`. The least possible delay is `for` (the next scrape could come at
once); what lies beyond it, from the flip to the push at the receiver, is printed as a share of the scrape interval.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from aiohttp import web

FLIPS = 30
INTERVAL_S = 0.25
FOR_S = 0.5

RULES = """
groups:
  - name: delay
    rules:
      - alert: Broken
        expr: broken > 0
        for: 500ms
        labels: {severity: critical}
        annotations: {summary: the gauge flipped}
"""


class Target:
    """A process that is well or broken, and the receiver of the alerts about it."""

    def __init__(self) -> None:
        self.broken = 0
        self.firing_at: float | None = None
        self.changed = asyncio.Event()

    async def metrics(self, _: web.Request) -> web.Response:
        return web.Response(text=f"# TYPE broken gauge\nbroken {self.broken}\n")

    async def alerts(self, request: web.Request) -> web.Response:
        ends_at = [alert.get("endsAt", "") for alert in await request.json()]
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        self.firing_at = time.monotonic() if any(end > now for end in ends_at) else None
        self.changed.set()
        return web.json_response({})


async def main() -> None:
    target = Target()
    app = web.Application()
    app.add_routes([web.get("/metrics", target.metrics), web.post("/api/v2/alerts", target.alerts)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    with tempfile.TemporaryDirectory() as name:
        process = await start_monitor(Path(name), f"{host}:{port}")
        try:
            beyond = [await one_flip(target) for _ in range(FLIPS)]
        finally:
            process.terminate()
            await process.wait()
            await runner.cleanup()
    shares = [seconds / INTERVAL_S for seconds in beyond]
    late = max(shares)
    print(f"delay beyond `for`, in scrape intervals: median {statistics.median(shares):.2f}, worst {late:.2f}")


async def one_flip(target: Target) -> float:
    await asyncio.sleep(random.uniform(0.3, 0.3 + 2 * INTERVAL_S))
    target.changed.clear()
    target.broken, flipped_at = 1, time.monotonic()
    async with asyncio.timeout(20):
        await target.changed.wait()
    assert target.firing_at is not None
    beyond = target.firing_at - flipped_at - FOR_S
    target.changed.clear()
    target.broken = 0
    async with asyncio.timeout(20):
        await target.changed.wait()
    return beyond


async def start_monitor(folder: Path, address: str) -> asyncio.subprocess.Process:
    (folder / "rules.yaml").write_text(RULES)
    config = {
        "global": {"scrape_interval": "250ms", "scrape_timeout": "200ms", "evaluation_interval": "250ms"},
        "rule_files": ["rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [address]}]}]},
        "scrape_configs": [{"job_name": "target", "static_configs": [{"targets": [address]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator.monitor",
        "--config.file",
        str(folder / "prometheus.yml"),
        "--web.listen-address",
        "127.0.0.1:0",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        await process.stdout.readline()
    return process


if __name__ == "__main__":
    asyncio.run(main())
