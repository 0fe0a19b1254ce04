"""Images: those of the catalogue are present, all others cannot be pulled, again and again."""

import asyncio
from collections.abc import Callable

from simulator.cluster.kubelet import images
from simulator.cluster.kubelet.back_off import BackOff
from simulator.cluster.kubelet.host import Node, Teller
from simulator.cluster.kubelet.images import Image
from simulator.cluster.kubelet.shown import Shown

SHOWN_S = 0.5
"""How long ErrImagePull is shown before ImagePullBackOff: a real cluster's pull takes a while."""


async def pulled(wanted: Callable[[], str], node: Node, shown: Shown, tell: Teller) -> Image:
    """The image, once there is one; `wanted` is asked each time, for a pod's image may be changed."""
    back_off = BackOff(node.limits)
    back_off.after_end(0)
    while (image := images.find(node.images, wanted())) is None:
        name = wanted()
        error = f'failed to pull and unpack image "{name}": {name}: not found'
        tell.normal("Pulling", f'Pulling image "{name}"')
        tell.warning("Failed", f'Failed to pull image "{name}": {error}')
        tell.warning("Failed", "Error: ErrImagePull")
        shown.waiting("ErrImagePull", error)
        await asyncio.sleep(min(SHOWN_S, node.limits.base_s / 2))
        tell.normal("BackOff", f'Back-off pulling image "{name}"')
        tell.warning("Failed", "Error: ImagePullBackOff")
        shown.waiting("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {error}')
        await _until_changed(wanted, name, back_off.after_end(0))
    tell.normal("Pulled", f'Container image "{wanted()}" already present on machine')
    return image


async def _until_changed(wanted: Callable[[], str], name: str, limit_s: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    while loop.time() < until and wanted() == name:
        await asyncio.sleep(min(0.2, limit_s))
