"""Memory of the server with 10,000 objects: pods as a Deployment makes them, ConfigMaps and Secrets."""

import asyncio
import base64

import embedded

PODS, MAPS, SECRETS = 5_000, 4_000, 1_000


async def main() -> None:
    async with embedded.running() as cluster:
        await cluster.get("/api/v1/namespaces")
        empty = cluster.memory_mb()
        await cluster.add_elsewhere()
        base = "/api/v1/namespaces/default"
        await cluster.create_all(f"{base}/pods", (embedded.pod(f"web-{number}") for number in range(PODS)))
        settings = {f"SETTING_{key}": f"value of {key}" for key in range(10)}
        maps = ({"metadata": {"name": f"map-{number}"}, "data": settings} for number in range(MAPS))
        await cluster.create_all(f"{base}/configmaps", maps)
        token = base64.b64encode(b"a password of some length").decode()
        secrets = ({"metadata": {"name": f"secret-{number}"}, "data": {"token": token}} for number in range(SECRETS))
        await cluster.create_all(f"{base}/secrets", secrets)
        full = cluster.memory_mb()
        embedded.show(
            f"{PODS + MAPS + SECRETS:,} objects: server's memory", full, 250, "MB", note=f"empty {empty:.0f} MB"
        )
        for path in ("pods", "configmaps"):
            await cluster.get(f"{base}/{path}", embedded.TABLE)
        after = cluster.memory_mb()
        embedded.show("the same after all were listed as Tables", after, 250, "MB")


if __name__ == "__main__":
    asyncio.run(main())
