"""Milliseconds of a list of 1,000 pods, in each form that clients ask for."""

import asyncio

import embedded

PODS = 1_000
LISTS = 60


async def main() -> None:
    async with embedded.running() as cluster:
        await cluster.add_elsewhere()
        path = "/api/v1/namespaces/default/pods"
        await cluster.create_all(path, (embedded.pod(f"web-{number}") for number in range(PODS)))
        forms = [("as Table", embedded.TABLE, path, 15.0), ("as objects", "application/json", path, 15.0)]
        forms.append(("as Table, one label of ten", embedded.TABLE, f"{path}?labelSelector=app%3Dother", 15.0))
        for name, accept, query, mark in forms:
            before = cluster.cpu_s()
            taken = await embedded.median_ms(lambda q=query, a=accept: cluster.get(q, a), LISTS)
            note = f"{(cluster.cpu_s() - before) / (LISTS + embedded.WARM_UPS) * 1e3:.1f} ms of CPU in the server"
            embedded.show(f"{PODS:,} pods listed {name}, median", taken, mark, "ms", note=note)

        async def after_a_change() -> None:
            change = {"metadata": {"labels": {"touched": str(asyncio.get_running_loop().time())}}}
            await cluster.send("PATCH", f"{path}/web-7", change, "application/merge-patch+json")

        write = await embedded.median_ms(after_a_change, LISTS)

        async def both() -> None:
            await after_a_change()
            await cluster.get(path, embedded.TABLE)

        taken = await embedded.median_ms(both, LISTS) - write
        embedded.show(f"{PODS:,} pods listed as Table after a write, median", taken, 15.0, "ms")


if __name__ == "__main__":
    asyncio.run(main())
