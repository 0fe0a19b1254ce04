"""Milliseconds until watchers see a change, from before the write is sent to the line read, client included."""

import asyncio
import json
import statistics
import time

import embedded

WATCHERS = 50
CHANGES = 200


async def watch(cluster: embedded.Cluster, path: str, accept: str, seen: dict[str, list[float]]) -> None:
    async with cluster.http.get(cluster.url + path, headers={"Accept": accept}, timeout=None) as answer:
        async for line in answer.content:
            now = time.perf_counter()
            number = line.partition(b'"change":"')[2].partition(b'"')[0].decode()
            if number:
                seen.setdefault(number, []).append(now)


async def measure(cluster: embedded.Cluster, what: str, accept: str) -> None:
    path = "/api/v1/namespaces/default/pods"
    version = json.loads(await cluster.get(path))["metadata"]["resourceVersion"]
    seen: dict[str, list[float]] = {}
    query = f"{path}?watch=true&resourceVersion={version}"
    watchers = [asyncio.create_task(watch(cluster, query, accept, seen)) for _ in range(WATCHERS)]
    await asyncio.sleep(1)
    delays, before = [], cluster.cpu_s()
    for number in range(CHANGES):
        key, sent = f"{what}-{number}", time.perf_counter()
        change = {"metadata": {"labels": {"change": key}}}
        await cluster.send("PATCH", f"{path}/web-{number % 10}", change, "application/merge-patch+json")

        async def all_saw(key: str = key) -> bool:
            return len(seen.get(key, ())) == WATCHERS

        await embedded.until(all_saw)
        delays += [at - sent for at in seen[key]]
    cpu_ms = (cluster.cpu_s() - before) / CHANGES * 1e3
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    worst = f"p95 {statistics.quantiles(delays, n=20)[18] * 1e3:.1f} ms; {cpu_ms:.1f} ms of CPU in the server for each"
    embedded.show(
        f"{WATCHERS} watchers see a change as {what}, median", statistics.median(delays) * 1e3, 10, "ms", note=worst
    )


async def main() -> None:
    async with embedded.running() as cluster:
        await cluster.add_elsewhere()
        bodies = (embedded.pod(f"web-{number}") for number in range(10))
        await cluster.create_all("/api/v1/namespaces/default/pods", bodies)
        await measure(cluster, "objects", "application/json")
        await measure(cluster, "Table", embedded.TABLE)


if __name__ == "__main__":
    asyncio.run(main())
