"""Volumes on the node's disk: a pod that has put more into an emptyDir than its `sizeLimit` is evicted.

As the kubelet's eviction manager has it (pkg/kubelet/eviction, emptyDirLimitEviction): nobody stops the program from
writing, and it is found out at the next look.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from simulator.cluster.kubelet import amounts
from simulator.cluster.kubelet.memory_volumes import MEMORY
from simulator.cluster.store import Object

PERIOD_S = 2.0
"""Between two looks; wall time."""
_BLOCK = 512


def limits(pod: Object) -> dict[str, str]:
    """The `sizeLimit` of each emptyDir on disk that has one, by the volume's name. Pure."""
    found = {}
    for volume in pod["spec"].get("volumes") or ():
        source = volume.get("emptyDir") or {}
        if source.get("medium") != MEMORY and amounts.whole(source.get("sizeLimit") or "0") > 0:
            found[volume["name"]] = source["sizeLimit"]
    return found


def excess(pod: Object, places: Path) -> str | None:
    """What is wrong with the first volume that is over its limit, in the kubelet's words; None if none is.

    `places` has a folder for each volume. Reads them whole, so not for an event loop.
    """
    for name, limit in limits(pod).items():
        if sum(_bytes(places / name)) > amounts.whole(limit):
            return f'Usage of EmptyDir volume "{name}" exceeds the limit "{limit}". '
    return None


def _bytes(folder: Path) -> Iterator[int]:
    """What each file takes on the disk; what goes away meanwhile takes nothing."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                yield entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                if entry.is_dir(follow_symlinks=False):
                    yield from _bytes(Path(entry.path))
