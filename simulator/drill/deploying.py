"""The target's manifests applied with the real kubectl, and the wait until every Deployment is whole."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from simulator.drill.embedded import kubectl
from simulator.drill.kube import Kube
from simulator.errors import NotPossible

READY_LIMIT_S = 90.0
PACE_S = 0.1

Say = Callable[[str], None]


async def deploy(kube: Kube, context: str | None, manifests: Path, say: Say) -> None:
    """`kubectl apply -k` on a folder, then wait. Raises `NotPossible` with what kubectl said."""
    argv = [kubectl(), "--kubeconfig", str(kube.kubeconfig)]
    if context:
        argv += ["--context", context]
    process = await asyncio.create_subprocess_exec(
        *argv,
        "apply",
        "-k",
        str(manifests),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise NotPossible(f"kubectl apply -k {manifests} failed: {output.decode(errors='replace').strip()[-800:]}")
    await wait_until_ready(kube, say)


async def wait_until_ready(kube: Kube, say: Say) -> None:
    """Wait for all Deployments of the namespace. Raises `NotPossible` that names what is missing."""
    loop = asyncio.get_running_loop()
    deadline, told = loop.time() + READY_LIMIT_S, ""
    while waiting := ", ".join(await asyncio.to_thread(kube.unready)):
        if loop.time() > deadline:
            raise NotPossible(
                f"not ready after {READY_LIMIT_S:g} s: {waiting}; "
                f"see kubectl --kubeconfig {kube.kubeconfig} -n {kube.namespace} get pods,events"
            )
        if waiting != told:
            say(f"waiting for {waiting}")
            told = waiting
        await asyncio.sleep(PACE_S)
