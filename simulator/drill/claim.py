"""Who plays on a cluster: a Lease in the target's namespace, as Kubernetes' own controllers elect their leader by.

It is renewed as long as its holder lives, so it tells a drill in progress from one that died. Clocks of different
machines are not compared for that: a Lease is alive if it is seen to be renewed.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from simulator.drill.belongings import DRILL, Kind
from simulator.drill.kube import Kube, Refused
from simulator.drill.scoring_client import instant
from simulator.errors import NotPossible, Stopped

LEASE = Kind("Lease", "coordination.k8s.io/v1", "CoordinationV1Api", "lease")
LEASE_S = 15
"""Wall seconds without a renewal after which a holder counts as dead."""
RENEW_S = 2.0
_LOOK_S = 0.25
_TRIES = 5


class NoNamespace(NotPossible):
    """There is nothing to claim yet."""


class Claim:
    """The right to play in one namespace, held by us."""

    def __init__(self, kube: Kube, holder: str) -> None:
        self.kube = kube
        self.holder = holder
        self._lost = asyncio.Event()

    async def keep(self) -> None:
        """Renew it until cancelled, or until somebody else has it. A cluster that does not answer is asked again."""
        while not self._lost.is_set():
            await asyncio.sleep(RENEW_S)
            with suppress(NotPossible):
                if not await asyncio.to_thread(renew, self.kube, self.holder):
                    self._lost.set()

    async def watch(self) -> None:
        """Waits. Raises `Stopped` once the claim is lost: we were taken for dead."""
        await self._lost.wait()
        raise Stopped(
            f"the Lease {DRILL} of namespace {self.kube.namespace} is no longer ours: we were silent for "
            f"{LEASE_S} s and taken for dead, or somebody deleted it"
        )


async def claim(kube: Kube, holder: str) -> Claim:
    """Take the Lease, or that of a holder who died. Raises `NotPossible` that names a living one, and `NoNamespace`."""
    for _ in range(_TRIES):
        found = await asyncio.to_thread(kube.read, LEASE, DRILL)
        if found is not None and await _is_alive(found, lambda: kube.read(LEASE, DRILL)):
            raise NotPossible(_told(found))
        write, body = (kube.create, _lease(holder)) if found is None else (kube.replace, _lease(holder, over=found))
        try:
            await asyncio.to_thread(write, LEASE, body)
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND and found is None:
                raise NoNamespace(f"there is no namespace {kube.namespace}") from None
            if error.status not in (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND):
                raise
        else:
            return Claim(kube, holder)
    raise NotPossible(f"the Lease {DRILL} of namespace {kube.namespace} is taken by one after the other; try again")


def renew(kube: Kube, holder: str) -> bool:
    """Say that we live; False if somebody else holds the Lease, or it is gone. Raises `NotPossible`."""
    found = kube.read(LEASE, DRILL)
    if found is None or found["spec"].get("holderIdentity") != holder:
        return False
    found["spec"]["renewTime"] = instant()
    try:
        kube.replace(LEASE, found)
    except Refused as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
    return True


def release(kube: Kube, holder: str) -> None:
    """Give it back; one that is somebody else's by now stays. Raises `NotPossible`."""
    found = kube.read(LEASE, DRILL)
    if found is not None and found["spec"].get("holderIdentity") == holder:
        kube.delete(LEASE, DRILL)


def in_progress(kube: Kube) -> str | None:
    """Who holds the Lease, in a sentence; None if nobody does, or it ran out by our clock. Raises `NotPossible`."""
    found = kube.read(LEASE, DRILL)
    return None if found is None or _has_run_out(found) else _told(found)


async def _is_alive(found: dict[str, Any], look: Callable[[], dict[str, Any] | None]) -> bool:
    """Whether it is renewed while we watch: for two renewals if it has run out by our clock, else until it does."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < (2 * RENEW_S + 1 if _has_run_out(found) else LEASE_S):
        await asyncio.sleep(_LOOK_S)
        now = await asyncio.to_thread(look)
        if now is None:
            return False
        if now["spec"].get("renewTime") != found["spec"].get("renewTime"):
            return True
    return False


def _has_run_out(lease: dict[str, Any]) -> bool:
    try:
        renewed_at = datetime.fromisoformat(lease["spec"]["renewTime"])
    except (KeyError, ValueError):
        return True
    return datetime.now(UTC) - renewed_at > timedelta(seconds=lease["spec"].get("leaseDurationSeconds", LEASE_S))


def _told(lease: dict[str, Any]) -> str:
    spec = lease["spec"]
    return (
        f"another drill is in progress in namespace {lease['metadata']['namespace']}, "
        f"by {spec.get('holderIdentity')} since {spec.get('acquireTime')}; "
        "wait for it, or stop it with 'gameday halt' (and its --kubeconfig and --context)"
    )


def _lease(holder: str, over: dict[str, Any] | None = None) -> dict[str, Any]:
    now = instant()
    metadata = over["metadata"] if over else {"name": DRILL, "labels": {"app.kubernetes.io/managed-by": "gameday"}}
    return {
        "apiVersion": LEASE.group_version,
        "kind": LEASE.name,
        "metadata": metadata,
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": LEASE_S, "acquireTime": now, "renewTime": now},
    }
