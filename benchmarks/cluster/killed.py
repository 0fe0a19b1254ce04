"""Seconds from SIGKILL of the server until no process of its pods lives."""

import asyncio
import os
import signal
import statistics
import time

import embedded

ROUNDS = 5
PODS = 20
FAMILY = """
import os, subprocess, sys, time
for detached in (False, True):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=detached)
time.sleep(600)
"""


async def killed() -> float:
    async with embedded.running() as cluster:
        for number in range(PODS):
            body = embedded.pod(f"p-{number}", node=None, command=["python", "-c", FAMILY], readinessProbe=None)
            await cluster.create("/api/v1/namespaces/default/pods", body)
        while len(cluster.others()) < 3 * PODS:
            await asyncio.sleep(0.05)
        pods = cluster.others()
        started = time.perf_counter()
        os.kill(cluster.pid, signal.SIGKILL)
        while any(embedded.lives(pid) for pid in pods):
            await asyncio.sleep(0.005)
        return time.perf_counter() - started


async def main() -> None:
    times = [await killed() for _ in range(ROUNDS)]
    note = f"{PODS} pods of three processes, one in a session of its own; worst {max(times):.2f}"
    embedded.show("nothing left after SIGKILL", statistics.median(times), 2.0, "s", note=note)


if __name__ == "__main__":
    asyncio.run(main())
