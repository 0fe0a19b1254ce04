"""A container's lifecycle hooks. Each says why it failed, or None; what follows from that is the caller's business."""

import asyncio
from typing import Any

from simulator.cluster.kubelet import probes
from simulator.cluster.store import Object

_LONGEST_S = 60.0
"""Of a postStart hook."""


async def post_start(container: Object, target: probes.Target) -> str | None:
    """Run beside the container's process."""
    hook = _hook(container, "postStart")
    return await probes.attempt(hook, target, _LONGEST_S) if hook else None


async def pre_stop(container: Object, target: probes.Target, grace_s: float) -> str | None:
    """Run before the container is told to end, within its grace."""
    hook = _hook(container, "preStop")
    if "sleep" in hook:
        await asyncio.sleep(min(float(hook["sleep"]["seconds"]), grace_s))
        return None
    return await probes.attempt(hook, target, grace_s) if hook else None


def has_pre_stop(container: Object) -> bool:
    """Whether there is something to run before it ends."""
    return bool(_hook(container, "preStop"))


def _hook(container: Object, kind: str) -> dict[str, Any]:
    return (container.get("lifecycle") or {}).get(kind) or {}
