"""Images: those of the catalogue are present, all others cannot be pulled, again and again."""

import asyncio
import re
from collections.abc import Callable

from simulator.cluster.kubelet.back_off import BackOff
from simulator.cluster.kubelet.host import Node, Teller
from simulator.cluster.kubelet.images import catalogue
from simulator.cluster.kubelet.images.catalogue import Image
from simulator.cluster.kubelet.shown import Shown
from simulator.cluster.store import Object

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?"
_REFERENCE = re.compile(rf"{_HOST}{_COMPONENT}(?:/{_COMPONENT})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?")
SHOWN_S = 0.5
"""How long ErrImagePull is shown before ImagePullBackOff: a real cluster's pull takes a while."""


async def pulled(wanted: Callable[[], Object], node: Node, shown: Shown, tell: Teller) -> Image:
    """The image, once there is one; `wanted` gives the container's spec each time, for a pod's image may be changed."""
    back_off = BackOff(node.limits)
    back_off.after_end(0)
    while (image := catalogue.find(node.images, wanted()["image"])) is None:
        await _refused(wanted(), node, shown, tell)
        await _until_changed(wanted, wanted()["image"], back_off.after_end(0))
    words = "already present on machine and can be accessed by the pod"
    tell.normal("Pulled", f'Container image "{wanted()["image"]}" {words}')
    return image


async def _refused(spec: Object, node: Node, shown: Shown, tell: Teller) -> None:
    name = str(spec["image"])
    if (why := malformed(name)) is not None:
        words = f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {why}'
        tell.warning("InspectFailed", words)
        tell.warning("Failed", "Error: InvalidImageName")
        shown.waiting("InvalidImageName", words)
        return
    if spec.get("imagePullPolicy") == "Never":
        words = f'Container image "{name}" is not present with pull policy of Never'
        tell.warning("ErrImageNeverPull", words)
        tell.warning("Failed", "Error: ErrImageNeverPull")
        shown.waiting("ErrImageNeverPull", words)
        return
    full = catalogue.full_name(name)
    error = f'failed to pull and unpack image "{full}": failed to resolve reference "{full}": {full}: not found'
    tell.normal("Pulling", f'Pulling image "{name}"')
    tell.warning("Failed", f'Failed to pull image "{name}": {error}')
    tell.warning("Failed", "Error: ErrImagePull")
    shown.waiting("ErrImagePull", error)
    await asyncio.sleep(min(SHOWN_S, node.limits.base_s / 2))
    tell.normal("BackOff", f'Back-off pulling image "{name}"')
    tell.warning("Failed", "Error: ImagePullBackOff")
    shown.waiting("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {error}')


def malformed(name: str) -> str | None:
    """What is wrong with an image's name, in the words of the distribution's reference parser; None if nothing is."""
    if _REFERENCE.fullmatch(name):
        return None
    if _REFERENCE.fullmatch(name.lower()):
        repository = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
        shown = repository if "/" in repository else f"library/{repository}"
        return f"invalid reference format: repository name ({shown}) must be lowercase"
    return "invalid reference format"


async def _until_changed(wanted: Callable[[], Object], name: str, limit_s: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + limit_s
    while loop.time() < until and wanted()["image"] == name:
        await asyncio.sleep(min(0.2, limit_s))
