"""Addresses that reach the target's Services from here: a ClusterIP on an embedded cluster, else a forwarded port."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from simulator.drill.app.description import Endpoint
from simulator.drill.children import Child
from simulator.drill.embedded import kubectl
from simulator.drill.kube import Kube
from simulator.drill.target import Target
from simulator.errors import NotPossible
from simulator.processes import die_with_parent

FORWARD_LIMIT_S = 15.0
_FORWARDING = re.compile(rb"Forwarding from 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True)
class Addresses:
    """Where the target is reached. `variables` are all URLs as experiments and the drill shell find them, and what
    people on call hold."""

    app_url: str
    variables: dict[str, str]


async def find_addresses(
    kube: Kube, target: Target, owner: AsyncExitStack, context: str | None, log: Path
) -> Addresses:
    """Addresses of all the target's Services. Raises `NotPossible` for one that is not there."""
    urls = await reach_all(kube, (target.app, *target.others), owner, context, log)
    return Addresses(urls[target.app.variable], {**urls, **target.credentials})


async def reach_all(
    kube: Kube, endpoints: Sequence[Endpoint], owner: AsyncExitStack, context: str | None, log: Path
) -> dict[str, str]:
    """The URL of each endpoint, by its variable. Raises `NotPossible` for a Service that is not there."""
    return {
        endpoint.variable: endpoint.url.format(address=await _address_of(kube, endpoint, owner, context, log))
        for endpoint in endpoints
    }


async def _address_of(kube: Kube, endpoint: Endpoint, owner: AsyncExitStack, context: str | None, log: Path) -> str:
    """`host:port` of a Service. A forwarding kubectl, where one is needed, ends with `owner`."""
    ip = await asyncio.to_thread(kube.cluster_ip, endpoint.service)
    if ip.startswith("127."):
        return f"{ip}:{endpoint.port}"
    argv = [kubectl(), "--kubeconfig", str(kube.kubeconfig), "-n", kube.namespace]
    if context:
        argv += ["--context", context]
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *argv,
            "port-forward",
            f"service/{endpoint.service}",
            f":{endpoint.port}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            preexec_fn=die_with_parent,
            start_new_session=True,
        )
    child = Child(f"port-forward to {endpoint.service}", process, log)
    owner.push_async_callback(child.stop)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(FORWARD_LIMIT_S):
            line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    found = _FORWARDING.match(line)
    if found is None:
        raise NotPossible(f"service {endpoint.service} cannot be reached: {line.decode().strip()} (log: {log})")
    return f"127.0.0.1:{found[1].decode()}"
