"""Seconds from the command to an answer of the API, and what it takes before anybody uses it."""

import asyncio
import statistics
import time

import embedded

ROUNDS = 7
IDLE_S = 20.0


async def start() -> tuple[float, float]:
    """Seconds of wall time, and of the server's CPU, which a busy machine does not stretch."""
    started = time.perf_counter()
    async with embedded.running() as cluster:
        await cluster.get("/api/v1/namespaces")
        return time.perf_counter() - started, cluster.cpu_s()


async def idle() -> tuple[float, float]:
    """Percent of a core, and 10^6 bytes."""
    async with embedded.running() as cluster:
        await cluster.get("/api/v1/namespaces")
        await asyncio.sleep(2)
        before = cluster.cpu_s()
        await asyncio.sleep(IDLE_S)
        return (cluster.cpu_s() - before) / IDLE_S * 100, cluster.memory_mb()


async def main() -> None:
    times, cpu = zip(*[await start() for _ in range(ROUNDS)], strict=True)
    note = f"from {min(times):.2f} to {max(times):.2f}; {statistics.median(cpu):.2f} s of CPU"
    embedded.show("API answers after the command", statistics.median(times), 1.0, "s", note=note)
    percent, memory_mb = await idle()
    embedded.show("idle: CPU", percent, 1.0, "% of core", note=f"{memory_mb:.0f} MB")


if __name__ == "__main__":
    asyncio.run(main())
