"""What each step costs from 10 to 1,000 pods: figures per pod that stay level mean linear growth.

Up to 1,000 pods are objects on a node that only its object knows; up to 300 are tiny processes.
"""

import asyncio
import json
import time
from typing import Any

import embedded

OBJECTS = (10, 30, 100, 300, 1_000)
PROCESSES = (10, 30, 100, 300)
STEADY_S = 8.0
PATH = "/api/v1/namespaces/default/pods"


async def main() -> None:
    print("milliseconds per pod, but the watch: milliseconds until a watcher of all sees a change of one")
    print(f"{'pods':>6} {'create':>9} {'schedule':>9} {'list':>9} {'watch':>9} {'delete':>9}")
    for count in OBJECTS:
        print(f"{count:6} " + " ".join(f"{figure:9.3f}" for figure in await objects(count)), flush=True)
    print()
    print("processes: CPU of the server in milliseconds per pod to start and to end; % of a core to keep 100 of them")
    print(f"{'pods':>6} {'ready in s':>10} {'start':>9} {'keep 100':>9} {'end':>9}")
    for count in PROCESSES:
        print(f"{count:6} " + " ".join(f"{figure:9.3f}" for figure in await processes(count)), flush=True)


async def objects(count: int) -> tuple[float, ...]:
    async with embedded.running() as cluster:
        await cluster.add_elsewhere()
        bodies = [embedded.pod(f"web-{number}") for number in range(count)]
        create_s = await _timed(cluster.create_all(PATH, bodies))
        list_ms = await embedded.median_ms(lambda: cluster.get(PATH, embedded.TABLE), 20)
        watch_ms = await _watch_ms(cluster)
        delete_s = await _timed(_delete_all(cluster))
        unbound = [
            embedded.pod(f"new-{number}", node=None, resources={})
            | {"spec": {**body["spec"], "nodeName": "", "nodeSelector": {"place": embedded.ELSEWHERE}}}
            for number, body in enumerate(bodies)
        ]
        await cluster.create_all(PATH, unbound)
        started = time.perf_counter()
        label = {"metadata": {"labels": {"place": embedded.ELSEWHERE}}}
        await cluster.send("PATCH", f"/api/v1/nodes/{embedded.ELSEWHERE}", label, "application/merge-patch+json")
        await embedded.until(lambda: _count(cluster, count, lambda pod: bool(pod["spec"].get("nodeName"))))
        schedule_s = time.perf_counter() - started
    return create_s * 1e3 / count, schedule_s * 1e3 / count, list_ms / count, watch_ms, delete_s * 1e3 / count


async def processes(count: int) -> tuple[float, ...]:
    async with embedded.running() as cluster:
        own = {"command": ["sleep", "3600"], "readinessProbe": None}
        started, before = time.perf_counter(), cluster.cpu_s()
        await cluster.create_all(PATH, (embedded.pod(f"p-{number}", node=None, **own) for number in range(count)))
        await embedded.until(lambda: _count(cluster, count, lambda pod: pod["status"]["phase"] == "Running"))
        ready_s, start_s = time.perf_counter() - started, cluster.cpu_s() - before
        await asyncio.sleep(1)
        before = cluster.cpu_s()
        await asyncio.sleep(STEADY_S)
        keep = (cluster.cpu_s() - before) / STEADY_S * 100
        before = cluster.cpu_s()
        await _delete_all(cluster)
        await embedded.until(lambda: _count(cluster, 0, lambda _: True))
        end_s = cluster.cpu_s() - before
    return ready_s, start_s * 1e3 / count, keep * 100 / count, end_s * 1e3 / count


async def _watch_ms(cluster: embedded.Cluster) -> float:
    version = json.loads(await cluster.get(PATH))["metadata"]["resourceVersion"]
    url = f"{cluster.url}{PATH}?watch=true&resourceVersion={version}"
    async with cluster.http.get(url, timeout=None) as answer:

        async def change() -> None:
            labels = {"metadata": {"labels": {"at": str(time.perf_counter_ns())}}}
            await cluster.send("PATCH", f"{PATH}/web-3", labels, "application/merge-patch+json")
            await answer.content.readline()

        return await embedded.median_ms(change, 20)


async def _delete_all(cluster: embedded.Cluster) -> None:
    await cluster.send("DELETE", PATH, {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})


async def _count(cluster: embedded.Cluster, wanted: int, counts: Any) -> bool:
    items = json.loads(await cluster.get(PATH))["items"]
    return sum(1 for pod in items if counts(pod)) == wanted


async def _timed(work: Any) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


if __name__ == "__main__":
    asyncio.run(main())
