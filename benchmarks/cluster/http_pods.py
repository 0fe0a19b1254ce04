"""Seconds until 100 HTTP pods are ready, and what they then cost with a readiness probe every second."""

import asyncio
import json
import time

import embedded

PODS = 100
STEADY_S = 15.0
SERVER = """
import os, socket
listening = socket.create_server((os.environ["POD_IP"], 8000), backlog=64)
while True:
    connection, _ = listening.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    connection.close()
"""


async def main() -> None:
    async with embedded.running() as cluster:
        command = {"command": ["python", "-SEc", SERVER]}
        template = embedded.pod("", node=None, **command)
        deployment = {
            "metadata": {"name": "web"},
            "spec": {
                "replicas": PODS,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": template["metadata"]["labels"]}, "spec": template["spec"]},
            },
        }
        path = "/apis/apps/v1/namespaces/default/deployments"
        started, before = time.perf_counter(), cluster.cpu_s()
        await cluster.create(path, deployment)

        async def all_ready() -> bool:
            return bool(json.loads(await cluster.get(f"{path}/web"))["status"].get("readyReplicas", 0) == PODS)

        await embedded.until(all_ready)
        took_s, server_s = time.perf_counter() - started, cluster.cpu_s() - before
        embedded.show(f"{PODS} HTTP pods ready", took_s, 8, "s", note=f"{server_s:.1f} s of CPU in the server")
        await asyncio.sleep(3)
        others = cluster.others()
        before, pods_before = cluster.cpu_s(), sum(map(embedded.cpu_s, others))
        await asyncio.sleep(STEADY_S)
        server = (cluster.cpu_s() - before) / STEADY_S * 100
        pods = (sum(map(embedded.cpu_s, others)) - pods_before) / STEADY_S * 100
        note = f"pods and proxy themselves {pods:.1f} %; server {cluster.memory_mb():.0f} MB"
        embedded.show(f"{PODS} pods probed every second: server's CPU", server, 10, "% of core", note=note)


if __name__ == "__main__":
    asyncio.run(main())
