"""A run's claim on the cluster that it plays on, from the first look until the stage is struck."""

import asyncio
from contextlib import AsyncExitStack, suppress

from simulator.drill import halts, unfinished
from simulator.drill.claim import Claim, claim, release
from simulator.drill.guard import Guard
from simulator.drill.identity import who_we_are
from simulator.drill.kube import Kube
from simulator.errors import NotPossible


async def claim_alone(kube: Kube, context: str | None, run: str, guard: Guard, owner: AsyncExitStack) -> Claim:
    """Alone in the namespace, and nothing of an earlier drill in it. It is given back with `owner`.

    Raises `NotPossible` if drills are halted there, another one is in progress, or an earlier one was not taken back.
    """
    await asyncio.to_thread(halts.check_cluster, kube)
    ours = await claim(kube, f"{who_we_are()} run {run}")
    keeping = asyncio.create_task(ours.keep())

    async def give_back() -> None:
        keeping.cancel()
        with suppress(NotPossible):  # a cluster that is gone keeps nobody out
            await asyncio.to_thread(release, kube, ours.holder)
        await guard.order(claim=None)

    owner.push_async_callback(give_back)
    place = {"kubeconfig": str(kube.kubeconfig), "context": context, "namespace": kube.namespace}
    await guard.order(claim={**place, "holder": ours.holder})
    if (left := await asyncio.to_thread(unfinished.read, kube)) is not None:
        flags = f" --kubeconfig {kube.kubeconfig} --context {context} --namespace {kube.namespace}" if context else ""
        raise NotPossible(f"{left.told}; 'gameday recover{flags}' does that (with --dry-run it says what it would do)")
    return ours
